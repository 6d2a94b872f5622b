#include "address_hash.h"

#include "listing.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIGITS (2 * crypto_auth_hmacsha256_KEYBYTES)

struct AddressHash {
	unsigned char key[crypto_auth_hmacsha256_KEYBYTES];
};

static bool
check_file(int file, const char *path, GError **error)
{
	struct stat status;

	if (fstat(file, &status) != 0) {
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "%s: %s", path, g_strerror(errno));
		return false;
	}
	if ((status.st_mode & (S_IRWXO | S_IWGRP)) == 0)
		return true;
	g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "%s: others may read or change this key: chmod 640", path);
	return false;
}

static bool
read_digits(int file, const char *path, char digits[static DIGITS + 1], GError **error)
{
	ssize_t size = read(file, digits, DIGITS);

	if (size < 0) {
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "%s: %s", path, g_strerror(errno));
		return false;
	}
	digits[size] = '\0';
	return true;
}

AddressHash *
address_hash_load(const char *path, GError **error)
{
	AddressHash *hash = g_new0(AddressHash, 1);
	char digits[DIGITS + 1];
	size_t size = 0;
	int file = open(path, O_RDONLY | O_CLOEXEC);
	bool read;

	if (file < 0) {
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "%s: %s", path, g_strerror(errno));
		g_free(hash);
		return NULL;
	}
	read = check_file(file, path, error) && read_digits(file, path, digits, error);
	close(file);
	if (read && sodium_hex2bin(hash->key, sizeof hash->key, digits, strlen(digits), NULL, &size, NULL) == 0
		&& size == sizeof hash->key) {
		sodium_memzero(digits, sizeof digits);
		return hash;
	}
	if (read)
		g_set_error(error, RETOUR_ERROR, ERROR_CONFIG,
			"%s: a key of %zu hexadecimal digits is expected: openssl rand -hex %zu > FILE", path,
			(size_t)DIGITS, (size_t)DIGITS / 2);
	address_hash_free(hash);
	return NULL;
}

void
address_hash_free(AddressHash *hash)
{
	if (hash == NULL)
		return;
	sodium_memzero(hash, sizeof *hash);
	g_free(hash);
}

char *
address_hash_of(const AddressHash *hash, const char *address)
{
	unsigned char digest[crypto_auth_hmacsha256_BYTES];
	char digits[2 * sizeof digest + 1];

	crypto_auth_hmacsha256(digest, (const unsigned char *)address, strlen(address), hash->key);
	sodium_bin2hex(digits, sizeof digits, digest, sizeof digest);
	return g_strconcat(ERASED_PREFIX, digits, NULL);
}
