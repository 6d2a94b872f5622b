#ifndef RETOUR_REDIS_ACCESS_H
#define RETOUR_REDIS_ACCESS_H

/* How to be let in. All files are read anew for every connection, so that they can be renewed under a running service; "": not set. */

typedef struct RedisLogin {
	char *user; /* "": the default one */
	char *password_file;
} RedisLogin;

typedef struct RedisTlsSettings {
	char *ca_file; /* who may vouch for the server; "": those that the system trusts. All are PEM */
	char *certificate_file, *key_file; /* ours */
	char *server_name; /* that the certificate must be for, instead of the host that was connected to */
} RedisTlsSettings;

#endif
