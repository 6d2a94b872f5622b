#include "fuzz.h"
#include "invariants.h"
#include "message.h"
#include "reply.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	message_init();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, MIN(size, 20000));
	Status status = { 0 }, again = { 0 };
	char buffer[STATUS_TEXT_SIZE];
	unsigned reply = reply_code_find(text);
	size_t length = strlen(text);

	g_assert_true(reply == 0 || (reply >= 200 && reply <= 599));
	if (status_find(text, &status)) {
		status_format(status, buffer);
		g_assert_true(status_parse(buffer, &again));
		g_assert_cmpmem(&status, sizeof(status), &again, sizeof(again));
	}
	status = reply_choose_status(status, text);
	g_assert_true(status.class == 0 || status.class == 2 || status.class == 4 || status.class == 5);
	reply_stage(text);
	g_assert_cmpuint(strlen(reply_clean(text)), <=, length);
	return 0;
}
