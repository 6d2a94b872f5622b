#ifndef RETOUR_COMPLAINED_H
#define RETOUR_COMPLAINED_H

#include "message.h"
#include "report.h"

/*
 * Who complained. A reporter names somebody, or what came back tells to whom it went; what stands for an address (redaction
 * words, hashes) is nobody. Each adds to the events of report, everybody once.
 */

/* The addresses of a field by which the reporter names recipients. */
void complained_add(Report *report, const char *value, size_t limit);

/* From the headers of the returned message; where they name nobody for certain, one event without recipient. */
void complained_from_headers(Report *report, const GPtrArray *headers);

/*
 * What stands for the address of whom the only event does not name: "hashed@example.org". It is shown, and its domain
 * tells the provider. The first value that holds one counts.
 */
void complained_mask(Report *report, const char *value);

/* The address of the sending client, when value holds or begins with one; fills report->source_ip. */
void complained_source(Report *report, const char *value);
/* The same as the receiving server noted it in the returned message. */
void complained_source_from_headers(Report *report, const GPtrArray *headers);

#endif
