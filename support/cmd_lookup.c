#include "command.h"

#include "address.h"
#include "answer.h"
#include "lookup_out.h"
#include "spelling.h"
#include "target.h"

#include <sysexits.h>

/* Of a whole domain, or an address that was erased, only the entries are known: events belong to addresses. */
static Lookup *
look_up_entries(Blacklist *blacklist, const char *target, GError **error)
{
	g_autoptr(GPtrArray) listings = blacklist_find(blacklist, target, error);
	g_autoptr(GPtrArray) audit = listings == NULL ? NULL : blacklist_audit(blacklist, target, error);
	Lookup *lookup;

	if (audit == NULL)
		return NULL;
	lookup = g_new0(Lookup, 1);
	lookup->address = g_strdup(target);
	lookup->provider = g_strdup("");
	lookup->listings = g_steal_pointer(&listings);
	lookup->events = g_ptr_array_new();
	lookup->sent = g_ptr_array_new();
	lookup->strikes = g_ptr_array_new();
	lookup->audit = g_steal_pointer(&audit);
	return lookup;
}

/* The provider as last recorded, else by the address's domain. */
static const Contact *
find_objection(const Providers *providers, const Lookup *lookup)
{
	const char *name = *lookup->provider != '\0' ? lookup->provider
						     : providers_by_domain(providers, address_domain(lookup->address));
	const char *key = name == NULL ? NULL : providers_contact_of(providers, name);
	return key == NULL ? NULL : providers_contact(providers, key);
}

/* An address that was erased is refused all the same; what it was is known to who asks. */
static bool
add_erased(App *app, Lookup *lookup, Blacklist *blacklist, GError **error)
{
	g_autoptr(GPtrArray) hashes = app_erased(app, lookup->address);

	for (unsigned i = 0; hashes != NULL && i < hashes->len; i++) {
		g_autoptr(GPtrArray) erased = blacklist_find(blacklist, hashes->pdata[i], error);
		g_autoptr(GPtrArray) audit =
			erased == NULL ? NULL : blacklist_audit(blacklist, hashes->pdata[i], error);

		if (audit == NULL)
			return false;
		g_ptr_array_extend_and_steal(lookup->listings, g_steal_pointer(&erased));
		g_ptr_array_extend_and_steal(lookup->audit, g_steal_pointer(&audit));
	}
	return true;
}

static void
print(App *app, const Lookup *lookup)
{
	const Providers *providers = app_providers(app, NULL); /* an answer without is better than none */
	const Contact *objection = providers == NULL ? NULL : find_objection(providers, lookup);
	g_autofree char *meant =
		providers == NULL || !answer_is_trouble(lookup) ? NULL : spelling_meant(providers, lookup->address);

	if (app_json(app))
		lookup_print_json(lookup, objection, meant);
	else
		lookup_print(lookup, objection, meant);
}

static int
look_up(App *app, const char *word)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *target = NULL;
	Blacklist *blacklist = app_blacklist(app, &error);

	if (blacklist == NULL || !target_of(blacklist, word, &target, &error))
		return app_fail(error);
	g_autoptr(Lookup) lookup = *target == '@' || g_str_has_prefix(target, ERASED_PREFIX)
					   ? look_up_entries(blacklist, target, &error)
					   : lookup_address(blacklist, target, &error);
	if (lookup == NULL || !add_erased(app, lookup, blacklist, &error))
		return app_fail(error);
	print(app, lookup);
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
	.description =
		"Takes the address, or the reference that stood in our refusal (R-1042), even if its entry is gone.",
	.run = run,
};
