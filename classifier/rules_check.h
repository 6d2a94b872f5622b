#ifndef RETOUR_RULES_CHECK_H
#define RETOUR_RULES_CHECK_H

#include "matcher.h"

/*
 * Judges the examples of all rules just as replies are judged in service: each `eg` must be won by its rule (with each of
 * the rule's providers; a rule of a higher layer may take it away, that is what layers are for), no `not` may be.
 * ERROR_CONFIG with file:line.
 */
bool rules_check(const Matcher *matcher, GError **error);

/* A reply as an MTA prints it: codes are read out of the text. Nothing is known of its stage and provider. */
void subject_from_text(Subject *ret_subject, const char *text);

#endif
