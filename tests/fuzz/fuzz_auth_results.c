#include "auth_border.h"
#include "fuzz.h"

#include <string.h>

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void
check(const AuthResults *results)
{
	g_assert_nonnull(results->authserv_id);
	for (guint i = 0; i < results->results->len; i++) {
		const AuthResult *result = g_ptr_array_index(results->results, i);

		g_assert_true(*result->method != '\0' && *result->outcome != '\0');
		for (guint j = 0; j < result->properties->len; j++) {
			const AuthProperty *property = g_ptr_array_index(result->properties, j);

			g_assert_true(property->type != NULL && *property->name != '\0' && property->value != NULL);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const ids[] = { "mx", "mx.example.org", NULL }, *const hosts[] = { "mx*", NULL };
	const Border border = { ids, hosts };
	const char *bytes = (const char *)data;
	g_autoptr(AuthResults) field = auth_results_parse(bytes, size);
	g_autoptr(AuthResults) mail = auth_border_read(&border, bytes, size);

	if (field != NULL)
		check(field);
	if (mail != NULL) {
		check(mail);
		g_assert_true(g_strv_contains(ids, mail->authserv_id));
	}
	return 0;
}
