#ifndef RETOUR_TEST_RING_H
#define RETOUR_TEST_RING_H

#include "keyring.h"

#include <glib/gstdio.h>

/* A ring file in a folder of its own. */
typedef struct TestRing {
	char *folder, *path;
} TestRing;

static inline TestRing
test_ring_new(void)
{
	TestRing ring = { .folder = g_dir_make_tmp("retour-ring-XXXXXX", NULL) };

	g_assert_nonnull(ring.folder);
	ring.path = g_build_filename(ring.folder, "keys", NULL);
	return ring;
}

static inline void
test_ring_free(TestRing *ring)
{
	g_autofree char *lock = g_strconcat(ring->path, ".lock", NULL);

	g_unlink(ring->path);
	g_unlink(lock);
	g_rmdir(ring->folder);
	g_free(ring->path);
	g_free(ring->folder);
}

static inline KeyRing *
test_ring_load(const TestRing *ring)
{
	g_autoptr(GError) error = NULL;
	KeyRing *loaded = keyring_load(ring->path, &error);

	g_assert_no_error(error);
	return loaded;
}

static inline uint8_t
test_ring_add(const TestRing *ring, int64_t now, int64_t grace)
{
	g_autoptr(GError) error = NULL;
	int64_t from;
	uint8_t id = 0;

	keyring_add(ring->path, now, grace, &id, &from, &error);
	g_assert_no_error(error);
	return id;
}

#endif
