#ifndef RETOUR_SURVEY_H
#define RETOUR_SURVEY_H

#include "judge.h"
#include "mailfile.h"

/* All that a collection of mails says of recipients, judged. */
typedef void (*SurveyFunc)(void *context, const Mail *mail, const Finding *finding);

/* Calls each for every finding. What cannot be read is reported on standard error; false: there was such. */
bool survey_run(Rulebook *book, const char *const *paths, SurveyFunc each, void *context);

/* Nothing, or a bare code, judged this failure: a rule would be better. */
bool survey_is_weak(const Finding *finding);

#endif
