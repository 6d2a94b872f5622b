#include "property_model.h"

#include "address.h"
#include "decision.h"
#include "listing.h"

#include <string.h>

#define HOUR 3600

/* Periods end between midnights, so that no moment of the test's own time decides what is in force. */
const char *const property_policy =
	"- category: user_unknown\n  evidence: known_message\n  action: list\n  scope: everybody\n"
	"  periods: [60h, 132h, forever]\n  on_delivery: release\n"
	"- category: mailbox_full\n  evidence: known_message\n  action: count\n  days: 3\n  window: 10d\n"
	"  scope: everybody\n  periods: [84h]\n  on_delivery: release\n"
	"- category: domain_not_found\n  evidence: known_message\n  action: count\n  days: 2\n  window: 5d\n"
	"  scope: everybody\n  target: domain\n  periods: [60h, forever]\n  on_delivery: release\n  probe: 1d\n"
	"- category: recipient_blocked_sender\n  evidence: signed\n  action: count\n  days: 2\n  window: 4d\n"
	"  scope: sender_domain\n  periods: [36h, 60h]\n"
	"- category: complaint_spam\n  evidence: signed\n  action: list\n  scope: sender_domain\n  periods: [forever]\n"
	"- category: bad_address_syntax\n  evidence: local\n  action: list\n  scope: everybody\n  periods: [forever]\n"
	"- category: mailbox_disabled\n  evidence: local\n  action: count\n  days: 366\n  window: 366d\n"
	"  scope: everybody\n  periods: [forever]\n";

static const struct Rule {
	Category category;
	Evidence least;
	unsigned days; /* 0: at once */
	int64_t window;
	bool of_sender, whole_domain, released;
	int64_t hours[3]; /* 0: for ever */
} rules[] = {
	{ CATEGORY_USER_UNKNOWN, EVIDENCE_KNOWN_MESSAGE, 0, 0, false, false, true, { 60, 132, 0 } },
	{ CATEGORY_MAILBOX_FULL, EVIDENCE_KNOWN_MESSAGE, 3, 10, false, false, true, { 84, 84, 84 } },
	{ CATEGORY_DOMAIN_NOT_FOUND, EVIDENCE_KNOWN_MESSAGE, 2, 5, false, true, true, { 60, 0, 0 } },
	{ CATEGORY_RECIPIENT_BLOCKED_SENDER, EVIDENCE_SIGNED, 2, 4, true, false, false, { 36, 60, 60 } },
	{ CATEGORY_COMPLAINT_SPAM, EVIDENCE_SIGNED, 0, 0, true, false, false, { 0, 0, 0 } },
	{ CATEGORY_BAD_ADDRESS_SYNTAX, EVIDENCE_LOCAL, 0, 0, false, false, false, { 0, 0, 0 } },
	{ CATEGORY_MAILBOX_DISABLED, EVIDENCE_LOCAL, 366, 366, false, false, false, { 0, 0, 0 } },
};

typedef struct Told {
	Evidence evidence;
	int64_t at;
	char *counter;
} Told;

static void
told_free(void *data)
{
	g_free(((Told *)data)->counter);
	g_free(data);
}

Model *
model_new(void)
{
	Model *model = g_new0(Model, 1);

	model->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	model->strikes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
	model->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, told_free);
	model->counters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return model;
}

void
model_free(Model *model)
{
	g_hash_table_unref(model->entries);
	g_hash_table_unref(model->strikes);
	g_hash_table_unref(model->known);
	g_hash_table_unref(model->counters);
	g_free(model);
}

static const struct Rule *
find_rule(Category category)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++)
		if (rules[i].category == category)
			return &rules[i];
	return NULL;
}

static void
count(Model *model, const char *counter, int64_t n, int64_t verified)
{
	int64_t *sums = g_hash_table_lookup(model->counters, counter);

	if (sums == NULL)
		g_hash_table_insert(model->counters, g_strdup(counter), sums = g_new0(int64_t, 2));
	sums[0] += n;
	sums[1] += verified;
}

static const char *
counted_as(const Op *op)
{
	return op->action == ACTION_DELAYED ? "deferred" : category_name(op->category);
}

static char *
counter_of(const Op *op, int64_t at, Evidence evidence)
{
	bool proven = evidence != EVIDENCE_UNVERIFIED;
	g_autofree char *domain = op_domain(op);

	return g_strdup_printf("%" G_GINT64_FORMAT " %s %s %s", at / HOUR * HOUR, proven ? domain : "other",
		proven ? op_sender(op->sender) : "", counted_as(op));
}

/* False: nothing new. *ret_at: when it was first told. */
static bool
learn(Model *model, const Op *op, unsigned index, int64_t *ret_at)
{
	g_autofree char *key = op_key(op, index);
	Told *told = g_hash_table_lookup(model->known, key);

	if (told != NULL && told->evidence <= op->evidence)
		return false;
	if (told == NULL) {
		told = g_new0(Told, 1);
		told->at = op->at;
		g_hash_table_insert(model->known, g_steal_pointer(&key), told);
	} else {
		count(model, told->counter, -1, told->evidence == EVIDENCE_UNVERIFIED ? 0 : -1);
		g_free(told->counter);
	}
	told->evidence = op->evidence;
	told->counter = counter_of(op, told->at, op->evidence);
	count(model, told->counter, 1, op->evidence != EVIDENCE_UNVERIFIED);
	*ret_at = told->at;
	return true;
}

static gint
compare_days(gconstpointer a, gconstpointer b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* Returns on how many days of the window there is a strike. */
static unsigned
strike(Model *model, const char *target, const char *scope, const struct Rule *rule, int64_t day)
{
	g_autofree char *name = g_strdup_printf("%s %s %s", target, scope, category_name(rule->category));
	GArray *days = g_hash_table_lookup(model->strikes, name);
	bool there = false;

	if (days == NULL)
		g_hash_table_insert(model->strikes, g_strdup(name), days = g_array_new(FALSE, FALSE, sizeof(int64_t)));
	for (unsigned i = 0; i < days->len; i++)
		there |= g_array_index(days, int64_t, i) == day;
	if (!there)
		g_array_append_val(days, day);
	g_array_sort(days, compare_days);
	while (g_array_index(days, int64_t, 0) <= g_array_index(days, int64_t, days->len - 1) - rule->window)
		g_array_remove_index(days, 0);
	return days->len;
}

static ModelEntry *
entry_of(Model *model, const char *target, const char *scope, bool make)
{
	g_autofree char *name = g_strdup_printf("%s %s", target, scope);
	ModelEntry *entry = g_hash_table_lookup(model->entries, name);

	if (entry == NULL && make)
		g_hash_table_insert(model->entries, g_steal_pointer(&name), entry = g_new0(ModelEntry, 1));
	return entry;
}

static void
list(Model *model, const char *target, const Op *op, const struct Rule *rule, int64_t now)
{
	ModelEntry *entry = entry_of(model, target, rule->of_sender ? op_sender(op->sender) : SCOPE_ALL, true);
	bool in_force = entry->expires_at > now;
	unsigned turn = in_force && entry->strikes > 0 ? entry->strikes - 1 : entry->strikes;
	int64_t hours = rule->hours[MIN(turn, G_N_ELEMENTS(rule->hours) - 1)];
	int64_t until = hours == 0 ? NEVER_EXPIRES : now + hours * HOUR;

	if (in_force
		&& (entry->manual || entry->expires_at == NEVER_EXPIRES
			|| (until != NEVER_EXPIRES && until < entry->expires_at + PROPERTY_DAY)))
		return;
	*entry = (ModelEntry){ .category = op->category,
		.evidence = op->evidence,
		.expires_at = until,
		.event_at = op->at,
		.strikes = entry->strikes + !in_force };
	model->changes++;
}

static void
forget_strikes(Model *model, const char *target, const char *scope)
{
	g_autofree char *prefix =
		scope == NULL ? g_strdup_printf("%s ", target) : g_strdup_printf("%s %s ", target, scope);
	GHashTableIter iter;
	void *name;

	g_hash_table_iter_init(&iter, model->strikes);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		if (g_str_has_prefix(name, prefix))
			g_hash_table_iter_remove(&iter);
}

static void
release(Model *model, const char *target, const char *scope, int64_t at, int64_t now)
{
	ModelEntry *entry = entry_of(model, target, scope, false);
	const struct Rule *rule = entry == NULL ? NULL : find_rule(entry->category);

	forget_strikes(model, target, scope);
	if (entry == NULL || entry->manual || entry->expires_at <= now || rule == NULL || !rule->released
		|| at <= entry->event_at)
		return;
	entry->expires_at = now;
	model->changes++;
}

static void
deliver(Model *model, const char *address, const Op *op, int64_t at, int64_t now)
{
	g_autofree char *domain = g_strconcat("@", address_domain(address), NULL);
	const char *targets[] = { address, domain };

	for (size_t i = 0; i < G_N_ELEMENTS(targets); i++) {
		release(model, targets[i], SCOPE_ALL, at, now);
		release(model, targets[i], op_sender(op->sender), at, now);
	}
}

static void
tell(Model *model, const Op *op, unsigned index, int64_t now)
{
	g_autofree char *address = op_address(op, index);
	const struct Rule *rule = find_rule(op->category);
	int64_t at;

	if (!learn(model, op, index, &at) || op->evidence == EVIDENCE_UNVERIFIED || op->action == ACTION_DELAYED)
		return;
	if (op->action == ACTION_DELIVERED) {
		deliver(model, address, op, at, now);
		return;
	}
	if (rule == NULL || op->evidence > rule->least)
		return;
	g_autofree char *target = rule->whole_domain ? g_strconcat("@", address_domain(address), NULL) : NULL;
	const char *name = target == NULL ? address : target;
	const char *scope = rule->of_sender ? op_sender(op->sender) : SCOPE_ALL;

	if (rule->days == 0 || strike(model, name, scope, rule, at / PROPERTY_DAY) >= rule->days)
		list(model, name, op, rule, now);
}

static void
by_hand(Model *model, const Op *op, int64_t now)
{
	g_autofree char *target = op->whole_domain ? NULL : op_address(op, 0);
	const char *scope = op_sender(op->sender);

	if (target == NULL) {
		g_autofree char *domain = op_domain(op);

		target = g_strconcat("@", domain, NULL);
	}
	if (op->kind == OP_ADD) {
		ModelEntry *entry = entry_of(model, target, scope, true);

		*entry = (ModelEntry){ .category = CATEGORY_POLICY_OTHER,
			.evidence = EVIDENCE_UNVERIFIED,
			.manual = true,
			.expires_at = op->days == 0 ? NEVER_EXPIRES : now + op->days * PROPERTY_DAY + PROPERTY_DAY / 2,
			.strikes = entry->strikes };
		return;
	}
	for (int sender = -1; sender < PROPERTY_SENDERS; sender++) {
		g_autofree char *name = g_strdup_printf("%s %s", target, op_sender(sender));

		if (op->sender < 0 || op->sender == sender)
			g_hash_table_remove(model->entries, name);
	}
	forget_strikes(model, target, op->sender < 0 ? NULL : scope);
}

void
model_apply(Model *model, const Op *op, int64_t now)
{
	if (op->kind == OP_TELL)
		for (unsigned i = 0; i < op->recipients; i++)
			tell(model, op, i, now);
	else if (op->kind != OP_AGE)
		by_hand(model, op, now);
}
