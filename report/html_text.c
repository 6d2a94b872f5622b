#include "html_text.h"

#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ENTITY_LIMIT 12

static const struct {
	const char *name;
	const char *text;
} entities[] = { { "amp", "&" }, { "lt", "<" }, { "gt", ">" }, { "quot", "\"" }, { "apos", "'" }, { "nbsp", " " },
	{ "#64", "@" }, { "auml", "ä" }, { "ouml", "ö" }, { "uuml", "ü" }, { "Auml", "Ä" }, { "Ouml", "Ö" },
	{ "Uuml", "Ü" }, { "szlig", "ß" }, { "eacute", "é" }, { "egrave", "è" }, { "agrave", "à" }, { "aacute", "á" },
	{ "iacute", "í" }, { "oacute", "ó" }, { "uacute", "ú" }, { "ntilde", "ñ" }, { "ccedil", "ç" },
	{ "atilde", "ã" }, { "otilde", "õ" }, { "rsquo", "'" }, { "lsquo", "'" }, { "ldquo", "\"" }, { "rdquo", "\"" },
	{ "ndash", "-" }, { "mdash", "-" } };

/* Appends what the entity at p stands for; returns where it ends. */
static const char *
append_entity(GString *out, const char *p)
{
	const char *end = p + 1 + strcspn(p + 1, "; \n<&");
	size_t size = (size_t)(end - p - 1);

	if (*end != ';' || size == 0 || size > ENTITY_LIMIT) {
		g_string_append_c(out, '&');
		return p + 1;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(entities); i++)
		if (strlen(entities[i].name) == size && strncmp(entities[i].name, p + 1, size) == 0) {
			g_string_append(out, entities[i].text);
			return end + 1;
		}
	if (p[1] == '#') {
		bool hex = p[2] == 'x' || p[2] == 'X';
		unsigned long code = strtoul(p + (hex ? 3 : 2), NULL, hex ? 16 : 10);

		if (code >= 0x20 && code <= 0x10ffff && g_unichar_validate((gunichar)code))
			g_string_append_unichar(out, (gunichar)code);
	}
	return end + 1;
}

static bool
tag_is(const char *tag, const char *name)
{
	size_t size = strlen(name);

	return g_ascii_strncasecmp(tag, name, size) == 0 && !g_ascii_isalnum(tag[size]);
}

static bool
breaks_line(const char *tag)
{
	static const char *const names[] = { "br", "p", "div", "tr", "li", "table", "h1", "h2", "h3", "h4", "pre", "hr",
		"ul", "ol" };

	tag += *tag == '/';
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (tag_is(tag, names[i]))
			return true;
	return false;
}

/* Where the tag at p ends, with the content of what nobody sees. */
static const char *
skip_tag(const char *p)
{
	static const struct {
		const char *name;
		const char *close;
	} hidden[] = { { "style", "</style" }, { "script", "</script" }, { "head", "</head" } };
	const char *end;

	if (g_str_has_prefix(p, "<!--")) {
		end = strstr(p, "-->");
		return end == NULL ? p + strlen(p) : end + 3;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(hidden); i++)
		if (tag_is(p + 1, hidden[i].name)) {
			end = strcasestr(p, hidden[i].close);
			p = end == NULL ? p + strlen(p) : end;
		}
	end = strchr(p, '>');
	return end == NULL ? p + strlen(p) : end + 1;
}

/* "<a@b>" that was not escaped, as careless generators write it. */
static const char *
bare_address_end(const char *p)
{
	const char *end = p + 1 + strcspn(p + 1, "<> \t\n=\"");

	return *end == '>' && memchr(p, '@', (size_t)(end - p)) != NULL ? end + 1 : NULL;
}

char *
html_text(const char *html)
{
	GString *out = g_string_sized_new(strlen(html));

	for (const char *p = html; *p != '\0';) {
		const char *end;

		if (*p == '&') {
			p = append_entity(out, p);
		} else if (*p != '<') {
			g_string_append_c(out, *p == '\n' || *p == '\r' ? ' ' : *p);
			p++;
		} else if ((end = bare_address_end(p)) != NULL) {
			g_string_append_len(out, p, end - p);
			p = end;
		} else {
			g_string_append(out, breaks_line(p + 1) ? "\n" : tag_is(p + 1, "td") ? " " : "");
			p = skip_tag(p);
		}
	}
	return g_string_free(out, FALSE);
}
