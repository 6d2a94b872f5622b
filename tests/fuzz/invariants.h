#ifndef RETOUR_INVARIANTS_H
#define RETOUR_INVARIANTS_H

#include "report.h"

#include <glib.h>
#include <string.h>

/* What must hold of everything that was read out of hostile bytes; the fuzzers assert it. */

static inline void
check_text(const char *text, size_t limit)
{
	g_assert(text != NULL);
	g_assert_true(g_utf8_validate(text, -1, NULL));
	g_assert_cmpuint(strlen(text), <=, limit);
	for (const char *p = text; *p != '\0'; p++)
		g_assert_true((unsigned char)*p >= ' ' || *p == '\n' || *p == '\t');
}

static inline void
check_line(const char *text, size_t limit)
{
	check_text(text, limit);
	g_assert_null(strpbrk(text, "\n\t"));
}

/* Blanks are allowed in quotes alone. */
static inline void
check_address(const char *address)
{
	size_t size = strlen(address), domain = size;

	check_line(address, 254);
	while (domain > 0 && address[domain - 1] != '@')
		domain--;
	g_assert_true(domain > 1 && domain < size);
	g_assert_null(strpbrk(address + domain, " <>,;"));
	if (address[0] != '"')
		g_assert_null(strpbrk(address, " <>,;()\""));
}

static inline void
check_address_or_empty(const char *address)
{
	g_assert(address != NULL);
	if (*address != '\0')
		check_address(address);
}

static inline void
check_digest(const char *digest)
{
	g_assert_cmpuint(strlen(digest), ==, 64);
	g_assert_cmpuint(strspn(digest, "0123456789abcdef"), ==, 64);
}

#endif
