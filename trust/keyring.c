#include "keyring.h"

#include "keyring_private.h"

#include <sodium.h>
#include <string.h>

struct KeyRing {
	GArray *entries; /* KeyEntry, in the order of the file */
	const KeyEntry *by_id[KEY_IDS];
};

void
key_entries_free(GArray *entries)
{
	if (entries == NULL)
		return;
	sodium_memzero(entries->data, entries->len * sizeof(KeyEntry));
	g_array_unref(entries);
}

KeyRing *
keyring_load(const char *path, GError **error)
{
	GArray *entries = key_entries_read(path, error);
	KeyRing *ring;

	if (entries == NULL)
		return NULL;
	ring = g_new0(KeyRing, 1);
	ring->entries = entries;
	for (unsigned i = 0; i < entries->len; i++) {
		const KeyEntry *entry = &g_array_index(entries, KeyEntry, i);

		ring->by_id[entry->key.id] = entry;
	}
	return ring;
}

void
keyring_free(KeyRing *ring)
{
	if (ring == NULL)
		return;
	key_entries_free(ring->entries);
	g_free(ring);
}

static const KeyEntry *
signer_of(const GArray *entries, int64_t now)
{
	const KeyEntry *best = NULL;

	for (unsigned i = 0; i < entries->len; i++) {
		const KeyEntry *entry = &g_array_index(entries, KeyEntry, i);

		if (entry->retired_at == 0 && entry->signs_from <= now
			&& (best == NULL || entry->signs_from > best->signs_from))
			best = entry;
	}
	return best;
}

const TokenKey *
keyring_signer(const KeyRing *ring, int64_t now)
{
	const KeyEntry *entry = signer_of(ring->entries, now);

	return entry == NULL ? NULL : &entry->key;
}

const TokenKey *
keyring_find(const KeyRing *ring, uint8_t id, bool *ret_retired)
{
	const KeyEntry *entry = ring->by_id[id];

	if (ret_retired != NULL)
		*ret_retired = entry != NULL && entry->retired_at != 0;
	return entry == NULL || entry->retired_at != 0 ? NULL : &entry->key;
}

size_t
keyring_count(const KeyRing *ring)
{
	return ring->entries->len;
}

/* When the first key that begins after this one does so; 0: none is known. */
static int64_t
signs_until(const GArray *entries, const KeyEntry *entry)
{
	int64_t until = 0;

	for (unsigned i = 0; i < entries->len; i++) {
		const KeyEntry *other = &g_array_index(entries, KeyEntry, i);

		if (other->signs_from > entry->signs_from && other->retired_at == 0
			&& (until == 0 || other->signs_from < until))
			until = other->signs_from;
	}
	return until;
}

KeyInfo
keyring_info(const KeyRing *ring, size_t index, int64_t now)
{
	const KeyEntry *entry = &g_array_index(ring->entries, KeyEntry, index);
	KeyInfo info = { .id = entry->key.id,
		.created_at = entry->created_at,
		.signs_from = entry->signs_from,
		.retired_at = entry->retired_at,
		.state = KEY_OLD,
		.signs_until = signs_until(ring->entries, entry) };

	if (entry->retired_at != 0)
		info.state = KEY_RETIRED;
	else if (entry->signs_from > now)
		info.state = KEY_COMING;
	else if (entry == signer_of(ring->entries, now))
		info.state = KEY_SIGNING;
	return info;
}

int64_t
keyring_signing_since(const KeyRing *ring, int64_t now)
{
	int64_t since = 0;

	for (unsigned i = 0; i < ring->entries->len; i++) {
		int64_t from = g_array_index(ring->entries, KeyEntry, i).signs_from;

		if (from <= now && (since == 0 || from < since))
			since = from;
	}
	return since;
}
