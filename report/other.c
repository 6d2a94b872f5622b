#include "reader.h"

/* Everything else: ordinary mail, or a report that no reader knows. Always the last one asked. */
static Report *
read_report(const Message *message, const Inbound *inbound, const Limits *limits)
{
	(void)message;
	(void)inbound;
	(void)limits;
	return report_new(REPORT_OTHER, "other");
}

const Reader other_reader = { "other", read_report };
