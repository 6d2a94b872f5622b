#include "imap_session.h"

#include <string.h>

#define FEW_MESSAGES 100000   /* whose UIDs fit into one answer by far */
#define SEARCH_WINDOW 100000U /* UIDs, where there are more messages than that */
#define UNTAGGED_MAX 1000000  /* responses to one command */
#define LOGOUT_MS 500

static void
read_capabilities(Imap *imap)
{
	g_hash_table_remove_all(imap->capabilities);
	for (size_t i = 0; i < MIN(imap_token_count(imap->response), 200); i++)
		g_hash_table_add(imap->capabilities, g_ascii_strup(imap_token_text(imap->response, i), -1));
}

/* "[UIDVALIDITY 12] all new": the number behind a code. */
static bool
read_code(const char *text, const char *code, uint32_t *ret_number)
{
	g_auto(GStrv) words = NULL;
	guint64 number;

	if (*text != '[')
		return false;
	words = g_strsplit_set(text + 1, " ]", 3);
	if (words[0] == NULL || words[1] == NULL || g_ascii_strcasecmp(words[0], code) != 0
		|| !g_ascii_string_to_unsigned(words[1], 10, 0, UINT32_MAX, &number, NULL))
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

/* What may come at any time, whatever was asked. */
static bool
note_untagged(Imap *imap, GError **error)
{
	const ImapResponse *response = imap->response;

	if (strcmp(response->name, "BYE") == 0) {
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "the server ends the session: %s", response->text->str);
		return false;
	}
	if (strcmp(response->name, "CAPABILITY") == 0)
		read_capabilities(imap);
	if (strcmp(response->name, "EXISTS") == 0) {
		imap->exists = response->number;
		imap->news = true;
	}
	if (strcmp(response->name, "OK") == 0) {
		read_code(response->text->str, "UIDVALIDITY", &imap->uidvalidity);
		read_code(response->text->str, "UIDNEXT", &imap->uidnext);
	}
	return true;
}

/* Any response; untagged ones have been noted. */
static bool
next(Imap *imap, GError **error)
{
	return imap_reader_next(imap->reader, imap->response, error)
	       && (imap->response->kind != IMAP_UNTAGGED || note_untagged(imap, error));
}

bool
imap_send_line(Imap *imap, const char *line, GError **error)
{
	g_autofree char *bytes = g_strconcat(line, "\r\n", NULL);

	imap_stream_set_deadline(imap->stream, imap->timeout_ms);
	return imap_stream_send(imap->stream, bytes, strlen(bytes), error);
}

bool
imap_send_command(Imap *imap, const char *command, GError **error)
{
	g_autofree char *line = NULL;

	g_snprintf(imap->tag, sizeof imap->tag, "r%u", ++imap->commands);
	line = g_strconcat(imap->tag, " ", command, NULL);
	return imap_send_line(imap, line, error);
}

bool
imap_fail_protocol(const char *what, GError **error)
{
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "the server does not speak IMAP: %s", what);
	return false;
}

/* The end of a command. */
static bool
judge_tagged(Imap *imap, const char *command, GError **error)
{
	const ImapResponse *response = imap->response;
	g_autofree char *verb = NULL;

	if (strcmp(response->tag, imap->tag) != 0)
		return imap_fail_protocol("an answer to what was not asked", error);
	if (strcmp(response->name, "OK") == 0)
		return true;
	verb = g_strndup(command, strcspn(command, " \""));
	g_set_error(error, RETOUR_ERROR, ERROR_INPUT, "%s: %s %s", verb, response->name, response->text->str);
	return false;
}

bool
imap_finish(Imap *imap, const char *command, ImapHandler handler, void *context, bool *ret_continued, GError **error)
{
	for (unsigned i = 0; i < UNTAGGED_MAX; i++) {
		if (!next(imap, error))
			return false;
		if (imap->response->kind == IMAP_TAGGED)
			return judge_tagged(imap, command, error);
		if (imap->response->kind == IMAP_UNTAGGED) {
			if (handler != NULL)
				handler(imap, context);
		} else if (ret_continued != NULL) {
			*ret_continued = true;
			return true;
		} else {
			return imap_fail_protocol("a continuation where none is due", error);
		}
	}
	return imap_fail_protocol("responses without end", error);
}

bool
imap_run(Imap *imap, const char *command, ImapHandler handler, void *context, GError **error)
{
	return imap_send_command(imap, command, error) && imap_finish(imap, command, handler, context, NULL, error);
}

Imap *
imap_open(const ImapEndpoint *endpoint, size_t message_bytes, GError **error)
{
	g_autoptr(Imap) imap = g_new0(Imap, 1);
	ImapLimits limits = imap_limits_default;

	limits.literal_bytes += message_bytes;
	imap->timeout_ms = endpoint->timeout_ms;
	imap->message_bytes = message_bytes;
	imap->capabilities = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	imap->response = imap_response_new();
	imap->stream = imap_stream_open(endpoint, error);
	if (imap->stream == NULL)
		return NULL;
	imap->reader = imap_reader_new(&limits, imap_stream_read, imap->stream);
	return imap_run(imap, "CAPABILITY", NULL, NULL, error) ? g_steal_pointer(&imap) : NULL;
}

void
imap_close(Imap *imap)
{
	if (imap == NULL)
		return;
	if (imap->stream != NULL && imap->commands > 0) {
		imap_stream_set_deadline(imap->stream, LOGOUT_MS);
		imap_stream_send(imap->stream, "bye LOGOUT\r\n", strlen("bye LOGOUT\r\n"), NULL);
	}
	imap_reader_free(imap->reader);
	imap_stream_close(imap->stream);
	imap_response_free(imap->response);
	g_hash_table_unref(imap->capabilities);
	g_free(imap);
}

bool
imap_has(const Imap *imap, const char *capability)
{
	return g_hash_table_contains(imap->capabilities, capability);
}

bool
imap_is_quotable(const char *text)
{
	for (; *text != '\0'; text++)
		if (!g_ascii_isprint(*text))
			return false;
	return true;
}

char *
imap_quote(const char *text)
{
	GString *quoted = g_string_new("\"");

	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			g_string_append_c(quoted, '\\');
		g_string_append_c(quoted, *text);
	}
	g_string_append_c(quoted, '"');
	return g_string_free(quoted, FALSE);
}

bool
imap_identify(Imap *imap, const char *version, GError **error)
{
	g_autofree char *command = g_strdup_printf("ID (\"name\" \"retour\" \"version\" \"%s\")", version);
	g_autoptr(GError) problem = NULL;

	if (!imap_has(imap, "ID") || imap_run(imap, command, NULL, NULL, &problem)
		|| g_error_matches(problem, RETOUR_ERROR, ERROR_INPUT))
		return true;
	g_propagate_error(error, g_steal_pointer(&problem));
	return false;
}

/* RFC 3501 section 5.1.3 */
static char *
folder_argument(const char *folder, GError **error)
{
	g_autofree char *encoded = g_convert(folder, -1, "UTF-7-IMAP", "UTF-8", NULL, NULL, NULL);

	if (encoded != NULL && imap_is_quotable(encoded))
		return imap_quote(encoded);
	g_set_error(error, RETOUR_ERROR, ERROR_INPUT, "'%s' cannot be the name of a folder", folder);
	return NULL;
}

static bool
run_on_folder(Imap *imap, const char *verb, const char *folder, GError **error)
{
	g_autofree char *argument = folder_argument(folder, error);
	g_autofree char *command = argument == NULL ? NULL : g_strconcat(verb, " ", argument, NULL);

	return command != NULL && imap_run(imap, command, NULL, NULL, error);
}

bool
imap_select(Imap *imap, const char *folder, ImapFolder *ret_folder, GError **error)
{
	imap->exists = imap->uidvalidity = imap->uidnext = 0;
	if (!run_on_folder(imap, "SELECT", folder, error)) {
		g_prefix_error(error, "folder '%s': ", folder);
		return false;
	}
	if (imap->uidvalidity == 0)
		return imap_fail_protocol("a folder without UIDVALIDITY", error);
	*ret_folder = (ImapFolder){ .uidvalidity = imap->uidvalidity, .exists = imap->exists };
	return true;
}

typedef struct Search {
	uint32_t first;
	GArray *uids;
} Search;

static void
take_uids(Imap *imap, void *context)
{
	Search *search = context;

	if (strcmp(imap->response->name, "SEARCH") != 0)
		return;
	for (size_t i = 0; i < imap_token_count(imap->response); i++) {
		uint32_t uid;

		/* "n:*" names the newest message also where its UID is below n. */
		if (imap_token_number(imap->response, i, &uid) && uid >= search->first)
			g_array_append_val(search->uids, uid);
	}
}

static int
compare_uids(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static void
sort_unique(GArray *uids)
{
	unsigned kept = 0;

	g_array_sort(uids, compare_uids);
	for (unsigned i = 0; i < uids->len; i++)
		if (kept == 0 || g_array_index(uids, uint32_t, i) != g_array_index(uids, uint32_t, kept - 1))
			g_array_index(uids, uint32_t, kept++) = g_array_index(uids, uint32_t, i);
	g_array_set_size(uids, kept);
}

bool
imap_search(Imap *imap, uint32_t first, GArray *ret_uids, GError **error)
{
	Search search = { .first = first, .uids = ret_uids };
	uint64_t from = first;

	imap->news = false;
	do {
		bool all = imap->exists <= FEW_MESSAGES || from + SEARCH_WINDOW >= imap->uidnext;
		g_autofree char *command =
			all ? g_strdup_printf("UID SEARCH UID %" G_GUINT64_FORMAT ":* UNDELETED", from)
			    : g_strdup_printf("UID SEARCH UID %" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT " UNDELETED",
				    from, from + SEARCH_WINDOW - 1);

		if (!imap_run(imap, command, take_uids, &search, error))
			return false;
		from = all ? UINT64_MAX : from + SEARCH_WINDOW;
	} while (from <= UINT32_MAX && ret_uids->len == 0);
	sort_unique(ret_uids);
	return true;
}

typedef struct Fetch {
	const uint32_t *uids;
	size_t count;
	GHashTable *seen; /* each message is handed over once, whatever the server repeats */
	void (*each)(void *context, const ImapMessage *message);
	void *context;
} Fetch;

/* The value that follows a name in the list of a FETCH; 0: it is not there. */
static size_t
find_item(const ImapResponse *response, const char *prefix)
{
	size_t count = imap_token_count(response);

	for (size_t i = 1; i + 1 < count; i = imap_token_after(response, i + 1)) {
		const char *name = imap_token_text(response, i);

		if (imap_token(response, i)->kind == IMAP_ATOM
			&& g_ascii_strncasecmp(name, prefix, strlen(prefix)) == 0)
			return i + 1;
	}
	return 0;
}

static void
take_message(Imap *imap, void *context)
{
	const ImapResponse *response = imap->response;
	Fetch *fetch = context;
	size_t body, size_item;
	uint32_t uid, size;
	const ImapToken *token;
	ImapMessage message;

	if (strcmp(response->name, "FETCH") != 0 || !imap_token_number(response, find_item(response, "UID"), &uid))
		return;
	body = find_item(response, "BODY[]");
	token = imap_token(response, body);
	if (body == 0 || token->kind != IMAP_STRING
		|| bsearch(&uid, fetch->uids, fetch->count, sizeof uid, compare_uids) == NULL
		|| !g_hash_table_add(fetch->seen, GUINT_TO_POINTER(uid)))
		return;
	message = (ImapMessage){ .uid = uid, .bytes = imap_token_text(response, body), .size = token->size };
	size_item = find_item(response, "RFC822.SIZE");
	/* Servers count line ends as they like, so a size alone says nothing. */
	message.truncated = message.size >= imap->message_bytes
			    && (!imap_token_number(response, size_item, &size) || size > message.size);
	fetch->each(fetch->context, &message);
	imap_stream_set_deadline(imap->stream, imap->timeout_ms);
}

bool
imap_fetch(Imap *imap, const uint32_t *uids, size_t count, void (*each)(void *context, const ImapMessage *message),
	void *context, GError **error)
{
	g_autofree char *set = imap_uid_set(uids, count);
	g_autofree char *command = g_strdup_printf(
		"UID FETCH %s (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.%zu>)", set, imap->message_bytes);
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	Fetch fetch = { .uids = uids, .count = count, .seen = seen, .each = each, .context = context };

	return count == 0 || imap_run(imap, command, take_message, &fetch, error);
}

static bool
run_on_set(Imap *imap, const char *verb, const char *set, const char *rest, GError **error)
{
	g_autofree char *command = g_strjoin(" ", verb, set, rest, NULL);

	return imap_run(imap, command, NULL, NULL, error);
}

static bool
copy_and_expunge(Imap *imap, const char *set, const char *folder, GError **error)
{
	if (imap_has(imap, "UIDPLUS"))
		return run_on_set(imap, "UID COPY", set, folder, error)
		       && run_on_set(imap, "UID STORE", set, "+FLAGS.SILENT (\\Deleted)", error)
		       && run_on_set(imap, "UID EXPUNGE", set, NULL, error);
	/* A bare EXPUNGE would take along what somebody else has flagged. */
	g_set_error_literal(error, RETOUR_ERROR, ERROR_INPUT, "the server offers neither MOVE nor UIDPLUS");
	return false;
}

static bool
move_set(Imap *imap, const char *set, const char *folder, GError **error)
{
	return imap_has(imap, "MOVE") ? run_on_set(imap, "UID MOVE", set, folder, error)
				      : copy_and_expunge(imap, set, folder, error);
}

bool
imap_move(Imap *imap, const uint32_t *uids, size_t count, const char *folder, GError **error)
{
	g_autofree char *set = imap_uid_set(uids, count);
	g_autofree char *argument = count == 0 ? NULL : folder_argument(folder, error);
	g_autoptr(GError) problem = NULL;

	if (count == 0 || argument == NULL)
		return count == 0;
	if (move_set(imap, set, argument, &problem))
		return true;
	if (g_error_matches(problem, RETOUR_ERROR, ERROR_INPUT) && strstr(problem->message, "[TRYCREATE]") != NULL) {
		g_clear_error(&problem);
		if (run_on_folder(imap, "CREATE", folder, &problem) && move_set(imap, set, argument, &problem))
			return true;
	}
	g_propagate_prefixed_error(error, g_steal_pointer(&problem), "folder '%s': ", folder);
	return false;
}

bool
imap_noop(Imap *imap, GError **error)
{
	return imap_run(imap, "NOOP", NULL, NULL, error);
}

/* Reads what has come, without waiting for more; false with news or an error. */
static bool
watch(Imap *imap, int wake, int64_t until, GError **error)
{
	while (!imap->news) {
		int64_t left = (until - g_get_monotonic_time()) / 1000;
		bool readable = true;

		if (left <= 0)
			return true;
		if (!imap_reader_has_bytes(imap->reader)
			&& !imap_stream_wait(imap->stream, wake, left, &readable, error))
			return false;
		if (!readable)
			return true;
		imap_stream_set_deadline(imap->stream, imap->timeout_ms);
		if (!next(imap, error))
			return false;
		if (imap->response->kind != IMAP_UNTAGGED)
			return imap_fail_protocol("an answer in the middle of IDLE", error);
	}
	return true;
}

bool
imap_idle(Imap *imap, int wake, int64_t milliseconds, GError **error)
{
	int64_t until = g_get_monotonic_time() + milliseconds * 1000;
	bool continued = false;

	if (imap->news)
		return true;
	return imap_send_command(imap, "IDLE", error) && imap_finish(imap, "IDLE", NULL, NULL, &continued, error)
	       && (continued || imap_fail_protocol("IDLE without waiting", error)) && watch(imap, wake, until, error)
	       && imap_send_line(imap, "DONE", error) && imap_finish(imap, "IDLE", NULL, NULL, NULL, error);
}

char *
imap_uid_set(const uint32_t *uids, size_t count)
{
	GString *set = g_string_new(NULL);

	for (size_t first = 0, last; first < count; first = last + 1) {
		for (last = first; last + 1 < count && uids[last + 1] == uids[last] + 1;)
			last++;
		g_string_append_printf(set, "%s%u", first == 0 ? "" : ",", uids[first]);
		if (last > first)
			g_string_append_printf(set, ":%u", uids[last]);
	}
	return g_string_free(set, FALSE);
}
