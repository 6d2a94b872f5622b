#include "subaddressing.h"

#include "subaddress_cases.h"

#include <string.h>

static Subaddressing *
make_set(void)
{
	Subaddressing *set = subaddressing_new();

	for (size_t i = 0; i < G_N_ELEMENTS(subaddress_rules); i++)
		subaddressing_add(set, &subaddress_rules[i]);
	return set;
}

static int
by_octets(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *
all_names(const Subaddressing *set, const char *address)
{
	char *names[SUBADDRESS_NAMES + 1] = { NULL };
	unsigned count = subaddressing_others(set, address, names);

	names[count++] = g_strdup(address);
	qsort(names, count, sizeof(*names), by_octets);
	char *text = g_strjoinv(" ", names);

	while (count > 0)
		g_free(names[--count]);
	return text;
}

static void
test_case(const void *data)
{
	const SubaddressCase *row = data;
	g_autoptr(Subaddressing) set = make_set(), none = subaddressing_new();
	g_autofree char *key = subaddressing_key(set, row->address), *names = all_names(set, row->address);
	g_autofree char *by_none = subaddressing_key(none, row->address);
	g_autofree char *off = subaddressing_key(NULL, row->address), *off_names = all_names(NULL, row->address);

	g_assert_cmpstr(key, ==, row->key);
	g_assert_cmpstr(names, ==, row->names);
	g_assert_cmpstr(by_none, ==, row->address);
	g_assert_cmpstr(off, ==, row->address);
	g_assert_cmpstr(off_names, ==, row->address);
	g_autofree char *again = subaddressing_key(set, key);

	g_assert_cmpstr(again, ==, key);
}

/* The key comes first: it is where an entry most likely stands. */
static void
test_order(void)
{
	g_autoptr(Subaddressing) set = make_set();
	char *names[SUBADDRESS_NAMES - 1];
	unsigned count = subaddressing_others(set, "j.doe+x@changed.example", names);

	g_assert_cmpuint(count, ==, 2);
	g_assert_cmpstr(names[0], ==, "j.doe@changed.example");
	g_free(names[0]);
	g_free(names[1]);
}

/* More rules than an address can have names are no more names. */
static void
test_bound(void)
{
	g_autoptr(Subaddressing) set = subaddressing_new();
	char *names[SUBADDRESS_NAMES - 1];

	for (const char *tag = "+-=_#"; *tag != '\0'; tag++)
		subaddressing_add(set, &(SubaddressRule){ "many.example", false, *tag, *tag == '+' });
	unsigned count = subaddressing_others(set, "a#b_c=d-e+f@many.example", names);

	g_assert_cmpuint(count, ==, SUBADDRESS_NAMES - 1);
	g_assert_cmpstr(names[0], ==, "a#b_c=d-e@many.example");
	while (count > 0)
		g_free(names[--count]);
}

static void
test_alike(void)
{
	static const SubaddressRule other = { "both.example", false, '+', true };
	g_autoptr(Subaddressing) set = make_set(), same = make_set(), none = subaddressing_new(),
				 different = subaddressing_new();
	const char *domain = "";

	subaddressing_add(different, &other);
	g_assert_true(subaddressing_folds_alike(set, same, &domain));
	g_assert_true(subaddressing_folds_alike(none, none, NULL));
	g_assert_false(subaddressing_folds_alike(none, different, &domain));
	g_assert_cmpstr(domain, ==, "both.example");
	g_assert_false(subaddressing_folds_alike(different, none, NULL));
	g_assert_false(subaddressing_folds_alike(set, different, NULL));
	/* What was switched off is no difference. */
	subaddressing_unref(same);
	same = subaddressing_new();
	subaddressing_add(same, &subaddress_rules[3]);
	g_assert_true(subaddressing_folds_alike(none, same, NULL));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(subaddress_cases); i++) {
		g_autofree char *path = g_strdup_printf("/subaddressing/case/%s", subaddress_cases[i].address);

		g_test_add_data_func(path, &subaddress_cases[i], test_case);
	}
	g_test_add_func("/subaddressing/order", test_order);
	g_test_add_func("/subaddressing/bound", test_bound);
	g_test_add_func("/subaddressing/alike", test_alike);
	return g_test_run();
}
