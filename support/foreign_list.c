#include "foreign_list.h"

#include <string.h>

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const char *const none[] = { NULL };

/* Ours, and whatever looks like it; then the systems, by their exports and API answers. */
static const ForeignList lists[] = {
	{ "csv", NAMES("target", "address", "email", "recipient"), NAMES("reason"), NAMES("category"), none, NULL },
	{ "json", NAMES("target", "address", "email", "recipient"), NAMES("reason"), NAMES("category"), none, NULL },
	{ "ses", NAMES("emailaddress", "suppresseddestination.emailaddress"), none,
		NAMES("reason", "suppresseddestination.reason"), none, NULL },
	{ "sendgrid", NAMES("email"), NAMES("reason"), NAMES("type"), NAMES("status"), NULL },
	{ "postmark", NAMES("emailaddress", "email"), NAMES("description", "details"),
		NAMES("suppressionreason", "type"), none, NULL },
	{ "mailgun", NAMES("address", "recipient"), NAMES("error"), NAMES("type"), NAMES("code"), NULL },
	{ "kumomta", NAMES("recipient"), NAMES("response.content"), none, NAMES("response.code"), "Bounce" },
};

static const struct Kind {
	const char *word;
	Category category;
} kinds[] = {
	{ "complaint", CATEGORY_COMPLAINT_SPAM },
	{ "spamcomplaint", CATEGORY_COMPLAINT_SPAM },
	{ "spam_report", CATEGORY_COMPLAINT_SPAM },
	{ "spamreport", CATEGORY_COMPLAINT_SPAM },
	{ "complaints", CATEGORY_COMPLAINT_SPAM },
	{ "manualsuppression", CATEGORY_COMPLAINT_OPTOUT },
	{ "unsubscribe", CATEGORY_COMPLAINT_OPTOUT },
	{ "unsubscribes", CATEGORY_COMPLAINT_OPTOUT },
	{ "bademailaddress", CATEGORY_BAD_ADDRESS_SYNTAX },
	{ "invalid", CATEGORY_BAD_ADDRESS_SYNTAX },
};

const ForeignList *
foreign_list_find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		if (strcmp(lists[i].name, name) == 0)
			return &lists[i];
	return NULL;
}

char *
foreign_list_names(void)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		g_string_append_printf(text, "%s%s", i == 0 ? "" : ", ", lists[i].name);
	return g_string_free(text, FALSE);
}

bool
foreign_kind_category(const char *kind, Category *ret_category)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_ascii_strcasecmp(kinds[i].word, kind) == 0) {
			*ret_category = kinds[i].category;
			return true;
		}
	return category_parse(kind, ret_category);
}
