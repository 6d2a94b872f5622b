#include "normalise.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#define TEXT_LIMIT 8192
#define HOST_LIMIT 255
#define ID_LENGTH 10    /* letters and digits mixed */
#define HEX_ID_LENGTH 8 /* the same, hexadecimal alone */
#define NUMBER_LENGTH 7 /* digits alone */
#define STATUS_LENGTH 9 /* "5.999.999" */

typedef struct Scanner {
	const char *at, *end;
	GString *out;
	GHashTable *kept;
	HostFunc saw_host;
	void *context;
	const char *code;   /* the first reply code, within the text */
	const char *status; /* the first enhanced code */
	size_t status_size;
} Scanner;

static bool
is_word(char c)
{
	return g_ascii_isalnum(c) || (c != '\0' && strchr("._-+=%@", c) != NULL);
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
put_blank(GString *out)
{
	if (out->len > 0 && out->str[out->len - 1] != ' ')
		g_string_append_c(out, ' ');
}

/* "<" before and ">" after an address or a host belong to it. */
static void
put_token(Scanner *scanner, const char *token)
{
	GString *out = scanner->out;

	if (out->len > 0 && out->str[out->len - 1] == '<' && scanner->at < scanner->end && *scanner->at == '>') {
		g_string_truncate(out, out->len - 1);
		scanner->at++;
	}
	g_string_append(out, token);
}

static size_t
status_length(const char *text, size_t size)
{
	size_t dots = 0, digits = 0, i;

	if (size < 5 || size > STATUS_LENGTH || strchr("245", text[0]) == NULL || text[1] != '.')
		return 0;
	for (i = 0; i < size; i++) {
		dots += text[i] == '.';
		digits = text[i] == '.' ? 0 : digits + 1;
		if ((text[i] != '.' && !g_ascii_isdigit(text[i])) || digits > 3
			|| (text[i] == '.' && text[i - 1] == '.'))
			return 0;
	}
	return dots == 2 && digits > 0 ? size : 0;
}

static bool
is_ipv4(const char *text, size_t size)
{
	char copy[INET_ADDRSTRLEN];
	struct in_addr address;

	if (size < 7 || size >= sizeof(copy) || !g_ascii_isdigit(text[0]))
		return false;
	memcpy(copy, text, size);
	copy[size] = '\0';
	return inet_pton(AF_INET, copy, &address) == 1;
}

/*
 * Labels of letters, digits, '-' and '_', the last one of letters (or an A-label) in one case: "RecipNotFound" in
 * RESOLVER.ADR.RecipNotFound and "Please" in "unknown.Please" are none.
 */
static bool
is_host(const char *text, size_t size)
{
	const char *dot = memrchr(text, '.', size);
	size_t last = dot == NULL ? 0 : size - (size_t)(dot + 1 - text);
	bool upper = false, lower = false, a_label;

	if (last < 2 || size > HOST_LIMIT || text[0] == '.' || memmem(text, size, "..", 2) != NULL)
		return false;
	a_label = last > 4 && g_ascii_strncasecmp(dot + 1, "xn--", 4) == 0;
	for (size_t i = 1; i <= last; i++) {
		if (!g_ascii_isalpha(dot[i]) && !a_label)
			return false;
		upper = upper || g_ascii_isupper(dot[i]);
		lower = lower || g_ascii_islower(dot[i]);
	}
	return !(upper && lower);
}

static bool
is_kept(GHashTable *kept, const char *host)
{
	for (const char *tail = host; tail != NULL; tail = strchr(tail, '.')) {
		tail += *tail == '.';
		if (g_hash_table_contains(kept, tail))
			return true;
	}
	return false;
}

static void
put_host(Scanner *scanner, const char *text, size_t size, bool in_path)
{
	char host[HOST_LIMIT + 1];

	for (size_t i = 0; i < size; i++)
		host[i] = g_ascii_tolower(text[i]);
	host[size] = '\0';
	if (scanner->saw_host != NULL && !in_path)
		scanner->saw_host(scanner->context, host);
	put_token(scanner, scanner->kept != NULL && is_kept(scanner->kept, host) ? host : "<host>");
}

/* One run of letters and digits: a queue id, a digest, a serial number? */
static bool
is_id(const char *text, size_t size, const GString *before)
{
	size_t digits = 0, hex = 0;

	for (size_t i = 0; i < size; i++) {
		digits += g_ascii_isdigit(text[i]) != 0;
		hex += g_ascii_isxdigit(text[i]) != 0;
	}
	if (digits == size)
		return size >= NUMBER_LENGTH && !g_str_has_suffix(before->str, "as(");
	return digits >= 2 && (size >= ID_LENGTH || (hex == size && size >= HEX_ID_LENGTH));
}

/* Exim's message ids: 1abCdE-0003Xy-2z, since 4.97 1abCdE-00000003XyZ-2z4A. */
static size_t
exim_id_length(const char *text, size_t size)
{
	static const size_t forms[][3] = { { 6, 6, 2 }, { 6, 11, 4 } };

	for (size_t f = 0; f < G_N_ELEMENTS(forms); f++) {
		size_t length = forms[f][0] + forms[f][1] + forms[f][2] + 2, digits = 0, i;

		if (size < length || (size > length && g_ascii_isalnum(text[length])))
			continue;
		for (i = 0; i < length; i++) {
			bool dash = i == forms[f][0] || i == forms[f][0] + 1 + forms[f][1];

			if (dash ? text[i] != '-' : !g_ascii_isalnum(text[i]))
				break;
			digits += g_ascii_isdigit(text[i]) != 0;
		}
		if (i == length && digits >= 2)
			return length;
	}
	return 0;
}

static void
put_plain(const Scanner *scanner, const char *text, size_t size)
{
	for (size_t i = 0; i < size;) {
		size_t run = 0, exim = exim_id_length(text + i, size - i);

		while (i + run < size && g_ascii_isalnum(text[i + run]))
			run++;
		if (exim > 0 || (run > 0 && is_id(text + i, run, scanner->out))) {
			g_string_append(scanner->out, "<id>");
			i += exim > 0 ? exim : run;
			continue;
		}
		run = MAX(run, 1);
		for (size_t k = 0; k < run; k++)
			g_string_append_c(scanner->out, g_ascii_tolower(text[i + k]));
		i += run;
	}
}

static bool
repeats(const Scanner *scanner, const char *text, size_t size)
{
	return scanner->status != NULL && size == scanner->status_size && memcmp(scanner->status, text, size) == 0;
}

/* A word without '@', '=', '+' and '%'. */
static void
put_piece(Scanner *scanner, const char *text, size_t size, bool in_path)
{
	size_t core = size;

	while (core > 0 && strchr(".-_", text[core - 1]) != NULL)
		core--;
	if (is_ipv4(text, core)) {
		put_token(scanner, "<ip>");
	} else if (status_length(text, core) > 0 && !in_path) {
		if (repeats(scanner, text, core))
			return;
		if (scanner->status == NULL) {
			scanner->status = text;
			scanner->status_size = core;
		}
		g_string_append_len(scanner->out, text, (gssize)core);
	} else if (is_host(text, core)) {
		put_host(scanner, text, core, in_path);
	} else {
		core = 0;
	}
	put_plain(scanner, text + core, size - core);
}

static void
put_pieces(Scanner *scanner, const char *text, size_t size, bool in_path)
{
	for (size_t i = 0; i < size;) {
		size_t run = 0;

		while (i + run < size && strchr("@=+%", text[i + run]) == NULL)
			run++;
		if (run > 0)
			put_piece(scanner, text + i, run, in_path);
		i += run;
		if (i < size)
			g_string_append_c(scanner->out, text[i++]);
	}
}

static bool
is_address(const char *text, size_t size)
{
	const char *at = memrchr(text, '@', size);

	return at != NULL && at > text && at + 1 < text + size && g_ascii_isalnum(at[1]);
}

/* "550-", "550 ": the first is kept, the same again is what joins the lines of one reply. */
static bool
take_code(Scanner *scanner, size_t size)
{
	const char *p = scanner->at;

	if (size < 3 || strchr("245", p[0]) == NULL || !g_ascii_isdigit(p[1]) || !g_ascii_isdigit(p[2])
		|| (size > 3 && p[3] != '-'))
		return false;
	if (scanner->code == NULL || memcmp(scanner->code, p, 3) != 0) {
		g_string_append_len(scanner->out, p, 3);
		put_blank(scanner->out);
	}
	if (scanner->code == NULL)
		scanner->code = p;
	scanner->at += size > 3 ? 4 : 3;
	return true;
}

static void
take_word(Scanner *scanner)
{
	const char *start = scanner->at;
	size_t size = 0;

	while (start + size < scanner->end && is_word(start[size]))
		size++;
	if (take_code(scanner, size))
		return;
	scanner->at += size;
	while (size > 0 && strchr(".=", start[size - 1]) != NULL) { /* the sentence's, not the address's */
		size--;
		scanner->at--;
	}
	if (size == 0)
		g_string_append_c(scanner->out, *scanner->at++);
	else if (is_address(start, size))
		put_token(scanner, "<addr>");
	else
		put_pieces(scanner, start, size, false);
}

static size_t
span_until(const char *text, const char *end, const char *stop)
{
	size_t size = 0;

	while (text + size < end && strchr(stop, text[size]) == NULL)
		size++;
	return size;
}

/* The host is told and kept or hidden, the path is kept: "?p=nosuchuser" says more than the sentence before it. */
static bool
take_url(Scanner *scanner)
{
	const char *p = scanner->at;
	size_t scheme = g_ascii_strncasecmp(p, "https://", 8) == 0  ? 8
			: g_ascii_strncasecmp(p, "http://", 7) == 0 ? 7
								    : 0;
	size_t host;

	if (scheme == 0)
		return false;
	p += scheme;
	g_string_append(scanner->out, "http://");
	host = span_until(p, scanner->end, " \t\n\r/?#:<>\"')];,");
	while (host > 0 && p[host - 1] == '.')
		host--;
	scanner->at = p + host;
	put_pieces(scanner, p, host, false);
	p = scanner->at;
	while (p < scanner->end && strchr(" \t\n\r<>\"')];,", *p) == NULL && (*p & 0x80) == 0) {
		size_t run = 0;

		while (p + run < scanner->end && is_word(p[run]))
			run++;
		scanner->at = p + MAX(run, 1);
		if (run > 0)
			put_pieces(scanner, p, run, true);
		else
			g_string_append_c(scanner->out, *p);
		p = scanner->at;
	}
	return true;
}

static bool
take_ipv6(Scanner *scanner)
{
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr address;
	size_t size = 0, colons = 0;

	while (scanner->at + size < scanner->end && size < sizeof(copy)
		&& (g_ascii_isxdigit(scanner->at[size]) || strchr(":.", scanner->at[size]) != NULL)) {
		colons += scanner->at[size] == ':';
		size++;
	}
	while (size > 2
		&& (scanner->at[size - 1] == '.' || (scanner->at[size - 1] == ':' && scanner->at[size - 2] != ':'))) {
		colons -= scanner->at[size - 1] == ':';
		size--;
	}
	if (colons < 2 || size >= sizeof(copy))
		return false;
	memcpy(copy, scanner->at, size);
	copy[size] = '\0';
	if (inet_pton(AF_INET6, copy, &address) != 1)
		return false;
	scanner->at += size;
	put_token(scanner, "<ip>");
	return true;
}

static void
take(Scanner *scanner)
{
	char c = *scanner->at;

	if (is_space(c)) {
		put_blank(scanner->out);
		scanner->at++;
	} else if (((c == 'h' || c == 'H') && take_url(scanner))
		   || ((g_ascii_isxdigit(c) || c == ':') && take_ipv6(scanner))) {
		return;
	} else if (is_word(c)) {
		take_word(scanner);
	} else {
		g_string_append_c(scanner->out, c);
		scanner->at++;
	}
}

static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text & 0x80)
			return false;
	return true;
}

static void
replace_all(char **text, const char *what, const char *with)
{
	if (strstr(*text, what) != NULL) {
		g_auto(GStrv) parts = g_strsplit(*text, what, -1);

		g_free(*text);
		*text = g_strjoinv(with, parts);
	}
}

/* Full-width letters, ligatures and typographic quotes as plain ones. */
static char *
plain_unicode(const char *text, gssize size)
{
	static const char *const quotes[][2] = { { "\u2018", "'" }, { "\u2019", "'" }, { "\u00b4", "'" },
		{ "\u201c", "\"" }, { "\u201d", "\"" }, { "\u201e", "\"" }, { "\u00ab", "\"" }, { "\u00bb", "\"" } };
	g_autofree char *valid = g_utf8_make_valid(text, size);
	char *plain;

	replace_all(&valid, "\u00b4", "'"); /* compatibility forms would put a blank before it */
	plain = g_utf8_normalize(valid, -1, G_NORMALIZE_ALL_COMPOSE);
	for (size_t i = 0; i < G_N_ELEMENTS(quotes); i++)
		replace_all(&plain, quotes[i][0], quotes[i][1]);
	return plain;
}

static char *
fold(char *text)
{
	char *folded;

	if (is_ascii(text))
		return text;
	folded = g_utf8_casefold(text, -1);
	g_free(text);
	return folded;
}

char *
normalise(const char *text, GHashTable *kept, HostFunc saw_host, void *context)
{
	size_t size = strnlen(text, TEXT_LIMIT);
	g_autofree char *cut = g_strndup(text, size);
	g_autofree char *plain = is_ascii(cut) ? NULL : plain_unicode(cut, (gssize)size);
	const char *from = plain != NULL ? plain : cut;
	Scanner scanner = {
		.at = from, .end = from + strlen(from), .kept = kept, .saw_host = saw_host, .context = context
	};

	scanner.out = g_string_sized_new(strlen(from) + 16);
	while (scanner.at < scanner.end)
		take(&scanner);
	if (scanner.out->len > 0 && scanner.out->str[scanner.out->len - 1] == ' ')
		g_string_truncate(scanner.out, scanner.out->len - 1);
	return fold(g_string_free(scanner.out, FALSE));
}

char *
normalise_literal(const char *text)
{
	g_autofree char *plain = plain_unicode(text, -1);
	GString *out = g_string_sized_new(strlen(plain));

	for (const char *p = plain; *p != '\0'; p++) {
		if (!is_space(*p))
			g_string_append_c(out, g_ascii_tolower(*p));
		else if (out->len == 0 || out->str[out->len - 1] != ' ')
			g_string_append_c(out, ' ');
	}
	return fold(g_string_free(out, FALSE));
}

void
normalise_collect_hosts(const char *pattern, GHashTable *kept)
{
	g_autofree char *text = g_strdup(pattern);

	replace_all(&text, "\\.", ".");
	for (const char *p = text; *p != '\0';) {
		size_t size = 0;

		while (g_ascii_isalnum(p[size]) || p[size] == '.' || p[size] == '-' || p[size] == '_')
			size++;
		while (size > 0 && p[size - 1] == '.')
			size--;
		if (size > 0 && is_host(p, size) && !is_ipv4(p, size))
			g_hash_table_add(kept, g_ascii_strdown(p, (gssize)size));
		p += MAX(size, 1);
	}
}
