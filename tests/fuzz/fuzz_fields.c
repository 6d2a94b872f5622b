#include "fields.h"
#include "fuzz.h"
#include "invariants.h"
#include "text.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = text_clean((const char *)data, size, limits_default.message_bytes);
	g_autoptr(GPtrArray) groups = fields_parse(text, &limits_default);

	g_assert_cmpuint(groups->len, <=, limits_default.field_groups);
	for (guint i = 0; i < groups->len; i++) {
		const FieldGroup *group = g_ptr_array_index(groups, i);

		g_assert_cmpuint(group->fields->len, >=, 1);
		g_assert_cmpuint(group->fields->len, <=, limits_default.headers + 1);
		for (guint k = 0; k < group->fields->len; k++) {
			const Field *field = g_ptr_array_index(group->fields, k);

			check_line(field->name, limits_default.field_bytes);
			check_line(field->type, limits_default.field_bytes);
			check_line(field->value, limits_default.field_bytes);
			g_assert_true(field_find(group, field->name) != NULL);
		}
	}
	return 0;
}
