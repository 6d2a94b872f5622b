#include "bloom.h"

#include <glib.h>

#define MEMBERS 100000

/* Whoever was added is never denied, however full it is; of strangers about one in a hundred is not. */
static void
test_answers(void)
{
	static const struct {
		uint64_t capacity;
		unsigned strangers; /* taken for members, of MEMBERS, at most */
	} cases[] = { { MEMBERS, MEMBERS / 50 }, { 2 * MEMBERS, MEMBERS / 500 }, { MEMBERS / 100, MEMBERS } };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		Bloom *bloom = bloom_new(cases[i].capacity);
		unsigned taken = 0;

		for (unsigned n = 0; n < MEMBERS; n++) {
			g_autofree char *member = g_strdup_printf("user%u@example.org", n);

			bloom_add(bloom, member);
		}
		for (unsigned n = 0; n < MEMBERS; n++) {
			g_autofree char *member = g_strdup_printf("user%u@example.org", n);
			g_autofree char *stranger = g_strdup_printf("person%u@example.org", n);

			g_assert_true(bloom_may_hold(bloom, member));
			taken += bloom_may_hold(bloom, stranger);
		}
		g_test_message("capacity %" G_GUINT64_FORMAT ": %u strangers", cases[i].capacity, taken);
		g_assert_cmpuint(taken, <=, cases[i].strangers);
		bloom_free(bloom);
	}
}

static void
test_empty(void)
{
	Bloom *bloom = bloom_new(0);

	g_assert_false(bloom_may_hold(bloom, ""));
	g_assert_false(bloom_may_hold(bloom, "@example.org"));
	bloom_add(bloom, "");
	g_assert_true(bloom_may_hold(bloom, ""));
	bloom_free(bloom);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bloom/answers", test_answers);
	g_test_add_func("/bloom/empty", test_empty);
	return g_test_run();
}
