#include "fuzz.h"
#include "imap_reader.h"

#include <string.h>

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

typedef struct Input {
	const uint8_t *at;
	size_t left, step;
} Input;

static bool
fill(void *context, char *buffer, size_t size, size_t *ret_size, GError **error)
{
	Input *input = context;

	*ret_size = MIN(MIN(input->left, size), input->step);
	if (*ret_size == 0) {
		g_set_error_literal(error, RETOUR_ERROR, ERROR_RETRY, "end");
		return false;
	}
	memcpy(buffer, input->at, *ret_size);
	input->at += *ret_size;
	input->left -= *ret_size;
	return true;
}

static void
check_tokens(const ImapResponse *response, const ImapLimits *limits)
{
	size_t depth = 0;

	g_assert_cmpuint(imap_token_count(response), <=, limits->tokens);
	for (size_t i = 0; i < imap_token_count(response); i++) {
		const ImapToken *token = imap_token(response, i);

		g_assert_cmpuint(token->offset + token->size, <, response->bytes->len);
		g_assert_cmpint(imap_token_text(response, i)[token->size], ==, '\0');
		depth += token->kind == IMAP_OPEN;
		g_assert_cmpuint(depth, <=, limits->depth);
		depth -= token->kind == IMAP_CLOSE;
		g_assert_cmpuint(imap_token_after(response, i), >, i);
	}
	g_assert_cmpuint(depth, ==, 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const ImapLimits limits = { .line_bytes = 4096, .literal_bytes = 1000, .tokens = 100, .depth = 10 };
	Input input = { data, size, size == 0 ? 1 : 1 + data[0] % 64 };
	g_autoptr(ImapReader) reader = imap_reader_new(&limits, fill, &input);
	g_autoptr(ImapResponse) response = imap_response_new();
	g_autoptr(GError) error = NULL;

	while (imap_reader_next(reader, response, &error)) {
		g_assert_cmpuint(response->text->len, <=, limits.line_bytes);
		g_assert_cmpuint(response->bytes->len, <=, limits.line_bytes + limits.literal_bytes + limits.tokens);
		check_tokens(response, &limits);
	}
	g_assert_nonnull(error);
	return 0;
}
