#include "answer.h"

#include "report.h"
#include "when.h"

#include <string.h>

char *
answer_scope(const char *scope)
{
	return g_strdup(strcmp(scope, SCOPE_ALL) == 0 ? "all senders" : scope);
}

static bool
matters_more(const Listing *a, const Listing *b)
{
	bool a_all = strcmp(a->scope, SCOPE_ALL) == 0, b_all = strcmp(b->scope, SCOPE_ALL) == 0;

	return a_all != b_all ? a_all : a->since > b->since;
}

const Listing *
answer_listing(const Lookup *lookup, int64_t now)
{
	const Listing *best = NULL;

	for (unsigned i = 0; i < lookup->listings->len; i++) {
		const Listing *listing = g_ptr_array_index(lookup->listings, i);

		if (listing->expires_at > now && (best == NULL || matters_more(listing, best)))
			best = listing;
	}
	return best;
}

static unsigned
count_in_force(const Lookup *lookup, int64_t now)
{
	unsigned count = 0;

	for (unsigned i = 0; i < lookup->listings->len; i++) {
		const Listing *listing = g_ptr_array_index(lookup->listings, i);

		count += listing->expires_at > now;
	}
	return count;
}

static char *
refused_text(const Lookup *lookup, const Listing *listing, int64_t now)
{
	GString *text = g_string_new("Mail from ");
	g_autofree char *scope = answer_scope(listing->scope);
	g_autofree char *since = when_text(listing->since);
	unsigned others = count_in_force(lookup, now) - 1;

	g_string_append_printf(text, "%s to %s is refused by us since %s", scope, lookup->address, since);
	if (listing->target[0] == '@')
		g_string_append_printf(text, ", as all of %s is,", listing->target + 1);
	if (strcmp(listing->source, "auto") == 0)
		g_string_append_printf(text, " because %s", category_text(listing->category));
	else
		g_string_append_printf(text, " because somebody entered it: %s", listing->reason);
	g_string_append_printf(text, " (reference %s", listing->reference);
	if (listing->expires_at != NEVER_EXPIRES) {
		g_autofree char *end = when_text(listing->expires_at);

		g_string_append_printf(text, ", until %s", end);
	}
	g_string_append_c(text, ')');
	if (others > 0)
		g_string_append_printf(text, "; %u more %s in force", others, others == 1 ? "entry is" : "entries are");
	return g_string_free(text, FALSE);
}

static const char *
reason_of(const LookupEvent *event)
{
	Category category;

	return category_parse(event->category, &category) ? category_text(category) : event->category;
}

char *
answer_event(const LookupEvent *event)
{
	EventAction action;

	if (!action_parse(event->action, &action))
		return g_strdup_printf("%s: %s", event->action, reason_of(event));
	switch (action) {
	case ACTION_FAILED:
		return g_strdup_printf("mail failed because %s", reason_of(event));
	case ACTION_DELAYED:
		return g_strdup_printf("mail was delayed, and tried again, because %s", reason_of(event));
	case ACTION_DELIVERED:
	case ACTION_RELAYED:
	case ACTION_EXPANDED:
		return g_strdup_printf("mail was %s", event->action);
	case ACTION_COMPLAINED:
		return g_strdup_printf("the recipient complained about mail (%s)", reason_of(event));
	case ACTION_REPLIED:
		return g_strdup("an automatic reply came back");
	}
	g_assert_not_reached();
}

static bool
is_obstacle(const LookupEvent *event)
{
	return strcmp(event->action, action_name(ACTION_FAILED)) == 0
	       || strcmp(event->action, action_name(ACTION_DELAYED)) == 0
	       || strcmp(event->action, action_name(ACTION_COMPLAINED)) == 0;
}

/* The newest report of trouble, or NULL; events are newest first. */
static const LookupEvent *
last_obstacle(const Lookup *lookup)
{
	for (unsigned i = 0; i < lookup->events->len; i++) {
		const LookupEvent *event = g_ptr_array_index(lookup->events, i);

		if (is_obstacle(event))
			return event;
	}
	return NULL;
}

static char *
trouble_text(const Lookup *lookup, const LookupEvent *event)
{
	g_autofree char *at = when_text(event->at);
	g_autofree char *what = answer_event(event);
	bool unproven = strcmp(event->evidence, evidence_name(EVIDENCE_UNVERIFIED)) == 0;

	return g_strdup_printf("Mail to %s is not refused by us, but on %s %s%s", lookup->address, at, what,
		unproven ? " (not proven: anybody could have sent that report)" : "");
}

bool
answer_is_trouble(const Lookup *lookup)
{
	const LookupEvent *event = last_obstacle(lookup);
	const LookupSent *sent = lookup->sent->len == 0 ? NULL : g_ptr_array_index(lookup->sent, 0);

	return sent == NULL || (event != NULL && event->at >= sent->at);
}

char *
answer_text(const Lookup *lookup, int64_t now)
{
	const Listing *listing = answer_listing(lookup, now);
	const LookupEvent *event = last_obstacle(lookup);
	const LookupSent *sent = lookup->sent->len == 0 ? NULL : g_ptr_array_index(lookup->sent, 0);

	if (listing != NULL)
		return refused_text(lookup, listing, now);
	if (event != NULL && (sent == NULL || event->at >= sent->at))
		return trouble_text(lookup, event);
	if (sent == NULL)
		return g_strdup_printf("Nothing is known of %s: no mail to it recorded, no trouble reported, no entry "
				       "on the blacklist",
			lookup->address);

	g_autofree char *at = when_text(sent->at);
	return g_strdup_printf("No obstacle known for %s: mail last sent %s, no bounce since", lookup->address, at);
}
