#include "redis_tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <sys/socket.h>

struct RedisTls {
	BIO_METHOD *method;
	SSL *ssl;
	const char *problem;
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SSL_CTX, SSL_CTX_free)

/* OpenSSL's own socket BIO writes with write(2), and a Redis that has gone would raise SIGPIPE. */
static int
socket_write(BIO *bio, const char *bytes, int size)
{
	int fd = GPOINTER_TO_INT(BIO_get_data(bio));
	ssize_t sent;

	BIO_clear_retry_flags(bio);
	do
		sent = send(fd, bytes, (size_t)size, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0 && errno == EAGAIN)
		BIO_set_retry_write(bio);
	return (int)sent;
}

static int
socket_read(BIO *bio, char *bytes, int size)
{
	int fd = GPOINTER_TO_INT(BIO_get_data(bio));
	ssize_t got;

	BIO_clear_retry_flags(bio);
	do
		got = recv(fd, bytes, (size_t)size, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0 && errno == EAGAIN)
		BIO_set_retry_read(bio);
	return (int)got;
}

static long
socket_control(BIO *bio, int command, long number, void *data)
{
	(void)bio;
	(void)number;
	(void)data;
	return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *
method_new(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "redis");

	if (method == NULL)
		g_error("out of memory");
	BIO_meth_set_write(method, socket_write);
	BIO_meth_set_read(method, socket_read);
	BIO_meth_set_ctrl(method, socket_control);
	return method;
}

/* A key under a passphrase must not make a service ask its terminal. */
static int
no_passphrase(char *bytes, int size, int writing, void *data)
{
	(void)bytes;
	(void)size;
	(void)writing;
	(void)data;
	return 0;
}

/* The first error is the cause; those after it say what could not be done for it. */
static const char *
first_reason(void)
{
	unsigned long code = ERR_peek_error();
	const char *reason = ERR_SYSTEM_ERROR(code) ? g_strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);

	return reason == NULL ? "failed" : reason;
}

static bool
fail_file(const char *path, GError **error)
{
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "%s: %s", path, first_reason());
	return false;
}

static bool
load_files(SSL_CTX *context, const RedisTlsSettings *settings, GError **error)
{
	if (*settings->ca_file == '\0') {
		SSL_CTX_set_default_verify_paths(context);
	} else if (SSL_CTX_load_verify_locations(context, settings->ca_file, NULL) != 1) {
		return fail_file(settings->ca_file, error);
	}
	if (*settings->certificate_file == '\0')
		return true;
	if (SSL_CTX_use_certificate_chain_file(context, settings->certificate_file) != 1)
		return fail_file(settings->certificate_file, error);
	if (SSL_CTX_use_PrivateKey_file(context, settings->key_file, SSL_FILETYPE_PEM) != 1
		|| SSL_CTX_check_private_key(context) != 1)
		return fail_file(settings->key_file, error);
	return true;
}

static bool
is_numeric(const char *host)
{
	unsigned char address[16];

	return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

/* Whom the certificate must be for. */
static bool
expect(SSL *ssl, char *name)
{
	if (is_numeric(name))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

/* Takes down why, as errno and in words. */
static ssize_t
fail_stream(RedisTls *tls, int result)
{
	int before = errno;

	switch (SSL_get_error(tls->ssl, result)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		errno = EAGAIN;
		break;
	case SSL_ERROR_ZERO_RETURN:
		errno = EPIPE;
		break;
	case SSL_ERROR_SYSCALL:
		errno = before == 0 ? EPIPE : before;
		break;
	default:
		tls->problem = first_reason();
		errno = EPROTO;
	}
	return -1;
}

static bool
shake_hands(RedisTls *tls, GError **error)
{
	errno = 0;
	ERR_clear_error();
	int result = SSL_connect(tls->ssl);

	if (result == 1)
		return true;
	fail_stream(tls, result);
	long verified = SSL_get_verify_result(tls->ssl);

	if (verified != X509_V_OK)
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "the certificate is refused: %s",
			X509_verify_cert_error_string(verified));
	else
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "no TLS: %s",
			errno == EPROTO   ? tls->problem
			: errno == EAGAIN ? "no answer in time"
					  : g_strerror(errno));
	return false;
}

static SSL_CTX *
context_new(const RedisTlsSettings *settings, GError **error)
{
	g_autoptr(SSL_CTX) context = SSL_CTX_new(TLS_client_method());

	if (context == NULL)
		g_error("out of memory");
	ERR_clear_error();
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_default_passwd_cb(context, no_passphrase);
	return load_files(context, settings, error) ? g_steal_pointer(&context) : NULL;
}

RedisTls *
redis_tls_open(int socket, const RedisTlsSettings *settings, const char *host, GError **error)
{
	g_autoptr(SSL_CTX) context = context_new(settings, error);

	if (context == NULL)
		return NULL;
	g_autofree char *name = g_strdup(*settings->server_name == '\0' ? host : settings->server_name);
	RedisTls *tls = g_new0(RedisTls, 1);
	BIO *bio;

	tls->method = method_new();
	tls->ssl = SSL_new(context);
	bio = BIO_new(tls->method);
	if (tls->ssl == NULL || bio == NULL)
		g_error("out of memory");
	BIO_set_data(bio, GINT_TO_POINTER(socket));
	BIO_set_init(bio, 1);
	SSL_set_bio(tls->ssl, bio, bio);
	/* A name that cannot be expected is none that a certificate could be for. */
	if (!expect(tls->ssl, name))
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "no TLS: \"%s\" is no name of a server", name);
	else if (shake_hands(tls, error))
		return tls;
	redis_tls_free(tls);
	return NULL;
}

void
redis_tls_free(RedisTls *tls)
{
	if (tls == NULL)
		return;
	SSL_free(tls->ssl);
	BIO_meth_free(tls->method);
	g_free(tls);
}

ssize_t
redis_tls_send(RedisTls *tls, const void *bytes, size_t size)
{
	errno = 0;
	ERR_clear_error();
	int result = SSL_write(tls->ssl, bytes, (int)MIN(size, INT_MAX));

	return result > 0 ? result : fail_stream(tls, result);
}

ssize_t
redis_tls_receive(RedisTls *tls, void *bytes, size_t size)
{
	errno = 0;
	ERR_clear_error();
	int result = SSL_read(tls->ssl, bytes, (int)MIN(size, INT_MAX));

	return result > 0 ? result : fail_stream(tls, result);
}

const char *
redis_tls_problem(const RedisTls *tls)
{
	return tls->problem == NULL ? "" : tls->problem;
}
