#include "address.h"
#include "fuzz.h"
#include "invariants.h"

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
	g_autofree char *text = g_strndup((const char *)data, MIN(size, 20000));
	g_autofree char *address = address_parse(text), *key = address_key(text), *domain = domain_normalise(text);

	g_assert_true((address == NULL) == (key == NULL));
	if (domain != NULL)
		check_line(domain, 253);
	if (address == NULL)
		return 0;
	check_address(address);
	g_assert_false(address_is_redacted(address));
	g_autofree char *again = address_parse(address), *again_key = address_key(again);

	g_assert_cmpstr(again, ==, address);
	g_assert_cmpstr(again_key, ==, key);
	return 0;
}
