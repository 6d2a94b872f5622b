#ifndef RETOUR_RENDER_H
#define RETOUR_RENDER_H

#include "report.h"

/* A report as the text of the .expected files: one line per fact that is there, one per event. */
void render_report(GString *out, const Report *report);

#endif
