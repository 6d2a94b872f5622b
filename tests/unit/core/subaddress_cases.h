#ifndef RETOUR_SUBADDRESS_CASES_H
#define RETOUR_SUBADDRESS_CASES_H

#include "subaddressing.h"

/* What core/subaddressing.c and the SQL functions have to agree on. */

static const SubaddressRule subaddress_rules[] = {
	{ "both.example", true, '+', true },
	{ "tag.example", false, '-', true },
	{ "dots.example", true, '\0', true },
	{ "gone.example", true, '+', false },
	{ "changed.example", false, '+', true },
	{ "changed.example", true, '+', false },
};

typedef struct SubaddressCase {
	const char *address; /* key */
	const char *key;
	const char *names; /* all, sorted by octets, blanks between */
} SubaddressCase;

static const SubaddressCase subaddress_cases[] = {
	{ "jdoe@both.example", "jdoe@both.example", "jdoe@both.example" },
	{ "j.doe@both.example", "jdoe@both.example", "j.doe@both.example jdoe@both.example" },
	{ "j.doe+shop@both.example", "jdoe@both.example", "j.doe+shop@both.example jdoe@both.example" },
	{ "jdoe+a+b@both.example", "jdoe@both.example", "jdoe+a+b@both.example jdoe@both.example" },
	{ "jdoe+@both.example", "jdoe@both.example", "jdoe+@both.example jdoe@both.example" },
	{ "j.d.o.e+x.y@both.example", "jdoe@both.example", "j.d.o.e+x.y@both.example jdoe@both.example" },
	{ "j-doe@both.example", "j-doe@both.example", "j-doe@both.example" },
	{ "+tag@both.example", "+tag@both.example", "+tag@both.example" },
	{ "+t.ag@both.example", "+tag@both.example", "+t.ag@both.example +tag@both.example" },
	{ "...@both.example", "...@both.example", "...@both.example" },
	{ ".+x@both.example", ".+x@both.example", ".+x@both.example" },
	{ "j.döe+x@both.example", "jdöe@both.example", "j.döe+x@both.example jdöe@both.example" },
	{ "\"j.doe+x\"@both.example", "\"j.doe+x\"@both.example", "\"j.doe+x\"@both.example" },
	{ "a@b.c@both.example", "a@b.c@both.example", "a@b.c@both.example" },
	{ "j.doe+x@sub.both.example", "j.doe+x@sub.both.example", "j.doe+x@sub.both.example" },
	{ "j.doe+x@other.example", "j.doe+x@other.example", "j.doe+x@other.example" },
	{ "j.doe-x@tag.example", "j.doe@tag.example", "j.doe-x@tag.example j.doe@tag.example" },
	{ "j.doe+x@tag.example", "j.doe+x@tag.example", "j.doe+x@tag.example" },
	{ "j.doe+x@dots.example", "jdoe+x@dots.example", "j.doe+x@dots.example jdoe+x@dots.example" },
	{ "j.doe+x@gone.example", "j.doe+x@gone.example", "j.doe+x@gone.example jdoe@gone.example" },
	{ "j.doe+x@changed.example", "j.doe@changed.example",
		"j.doe+x@changed.example j.doe@changed.example jdoe@changed.example" },
	{ "jdoe+x@changed.example", "jdoe@changed.example", "jdoe+x@changed.example jdoe@changed.example" },
	{ "@both.example", "@both.example", "@both.example" },
	{ "hash:0a", "hash:0a", "hash:0a" },
};

#endif
