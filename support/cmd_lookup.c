#include "command.h"

#include "address.h"
#include "lookup_out.h"

#include <sysexits.h>

static bool
is_reference(const char *text)
{
	return g_ascii_strncasecmp(text, "R-", 2) == 0 && g_ascii_isdigit(text[2]);
}

/* A reference names one entry; what is asked is its target. *ret_target: owned, NULL when there is no such entry. */
static bool
find_target(Blacklist *blacklist, const char *word, char **ret_target, GError **error)
{
	g_autoptr(GPtrArray) found = NULL;

	if (!is_reference(word)) {
		*ret_target = g_strdup(word);
		return true;
	}
	g_autofree char *reference = g_ascii_strup(word, -1);
	found = blacklist_find(blacklist, reference, error);
	if (found == NULL)
		return false;
	*ret_target = found->len == 0 ? NULL : g_strdup(((const Listing *)g_ptr_array_index(found, 0))->target);
	return true;
}

/* Of a whole domain only its entries are known: events belong to addresses. */
static Lookup *
look_up_domain(Blacklist *blacklist, const char *target, GError **error)
{
	g_autoptr(GPtrArray) listings = blacklist_find(blacklist, target, error);
	Lookup *lookup;

	if (listings == NULL)
		return NULL;
	lookup = g_new0(Lookup, 1);
	lookup->address = g_strdup(target);
	lookup->provider = g_strdup("");
	lookup->listings = g_steal_pointer(&listings);
	lookup->events = g_ptr_array_new();
	lookup->sent = g_ptr_array_new();
	lookup->strikes = g_ptr_array_new();
	return lookup;
}

/* The provider as last recorded, else by the address's domain. An answer without it is better than none. */
static const Contact *
find_objection(App *app, const Lookup *lookup)
{
	const Providers *providers = app_providers(app, NULL);
	const char *name;

	if (providers == NULL)
		return NULL;
	name = *lookup->provider != '\0' ? lookup->provider
					 : providers_by_domain(providers, address_domain(lookup->address));
	const char *key = name == NULL ? NULL : providers_contact_of(providers, name);
	return key == NULL ? NULL : providers_contact(providers, key);
}

/* An address that was erased is refused all the same; what it was is known to who asks. */
static bool
add_erased(App *app, Lookup *lookup, Blacklist *blacklist, GError **error)
{
	g_autofree char *hash = app_erased(app, lookup->address);
	g_autoptr(GPtrArray) erased = hash == NULL ? NULL : blacklist_find(blacklist, hash, error);

	if (erased != NULL)
		g_ptr_array_extend_and_steal(lookup->listings, g_steal_pointer(&erased));
	return hash == NULL || *error == NULL;
}

static int
look_up(App *app, const char *word)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *target = NULL;
	Blacklist *blacklist = app_blacklist(app, &error);

	if (blacklist == NULL || !find_target(blacklist, word, &target, &error))
		return app_fail(error);
	if (target == NULL) {
		g_printerr("%s: no entry has the reference %s; it may have been removed: ask for the address\n",
			g_get_prgname(), word);
		return EX_DATAERR;
	}
	g_autoptr(Lookup) lookup =
		*target == '@' ? look_up_domain(blacklist, target, &error) : lookup_address(blacklist, target, &error);
	if (lookup == NULL || !add_erased(app, lookup, blacklist, &error))
		return app_fail(error);
	const Contact *objection = find_objection(app, lookup);
	if (app_json(app))
		lookup_print_json(lookup, objection);
	else
		lookup_print(lookup, objection);
	return app_finish(EX_OK);
}

static int
run(App *app, const Command *self, char **words)
{
	if (!command_options(app, self, NULL, words))
		return EX_USAGE;
	if (words[1] == NULL || words[2] != NULL)
		return command_misused("one address or reference is wanted");
	return look_up(app, words[1]);
}

const Command cmd_lookup = {
	.name = "lookup",
	.arguments = "ADDRESS|@DOMAIN|R-NUMBER",
	.summary = "Answer why mail to an address does not arrive",
	.description = "Takes the address, or the reference that stood in our refusal (R-1042).",
	.run = run,
};
