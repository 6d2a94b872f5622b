#ifndef RETOUR_VERDICT_LINE_H
#define RETOUR_VERDICT_LINE_H

#include "cells.h"
#include "judge.h"
#include "mailfile.h"

#include <json-glib/json-glib.h>

/* What `retour classify` prints of one mail. */

extern const Column verdict_columns[];

/* Appends one line per recipient, and one for a report that names none; other mail is passed over unless all is set. */
void verdict_lines_text(GString *out, const Cells *cells, const Mail *mail, const Judged *judged, bool all);
/* Appends one JSON object per recipient, one without recipient and category for any other mail. */
void verdict_lines_json(GString *out, const Mail *mail, const Judged *judged);

/* The same objects in parts; owned by the caller. */
JsonObject *verdict_report_json(const Mail *mail, const Report *report);
JsonObject *verdict_json(const Finding *finding);

/* The remote side's refusal is final and the recipient is at fault. */
bool verdict_is_hard(const Finding *finding);

#endif
