#include "content_type.h"

#include "names.h"

#include <glib.h>
#include <string.h>

/* text/rfc822-header and message/rfc2822 are no registered types; generators write them. */
static const char *const returned[] = { "message/rfc822", "message/rfc2822", "message/global", "message/news",
	"message/partial", "text/rfc822-headers", "text/rfc822-header", "text/rfc822", "message/rfc822-headers",
	"message/global-headers" };

static const char *const blocks[] = { "message/delivery-status", "message/global-delivery-status",
	"message/feedback-report", "message/disposition-notification", "message/global-disposition-notification" };

char *
content_type_name(const char *value)
{
	const char *start = value + strspn(value, " \t\r\n");
	size_t size = strcspn(start, "; \t\r\n(\"");

	if (size > 100 || memchr(start, '/', size) == NULL)
		return g_strdup("");
	return g_ascii_strdown(start, (gssize)size);
}

/* A quoted string, or what reaches to the next ';' or blank. */
static char *
parameter_value(const char *p)
{
	GString *value = g_string_new(NULL);

	if (*p != '"') {
		g_string_append_len(value, p, (gssize)strcspn(p, "; \t\r\n"));
		return g_string_free(value, FALSE);
	}
	for (p++; *p != '\0' && *p != '"'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		g_string_append_c(value, *p);
	}
	return g_string_free(value, FALSE);
}

char *
content_type_parameter(const char *value, const char *name)
{
	size_t size = strlen(name);

	for (const char *p = value; (p = strchr(p, ';')) != NULL;) {
		g_autofree char *found = NULL;

		p++;
		p += strspn(p, " \t\r\n");
		if (g_ascii_strncasecmp(p, name, size) != 0)
			continue;
		p += size;
		p += strspn(p, " \t\r\n");
		if (*p != '=')
			continue;
		p++;
		found = parameter_value(p + strspn(p, " \t\r\n"));
		return *found == '\0' ? NULL : g_steal_pointer(&found);
	}
	return NULL;
}

bool
content_type_is_returned(const char *name)
{
	unsigned index;

	return names_find(returned, G_N_ELEMENTS(returned), name, &index);
}

bool
content_type_is_block(const char *name)
{
	unsigned index;

	return names_find(blocks, G_N_ELEMENTS(blocks), name, &index);
}

bool
content_type_is_json(const char *name)
{
	return strcmp(name, "application/json") == 0 || strcmp(name, "text/json") == 0
	       || g_str_has_suffix(name, "+json");
}
