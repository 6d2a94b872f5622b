#include "mail_limits.h"

#define KIB ((size_t)1024)

const Limits limits_default = {
	.message_bytes = 1024 * KIB,
	.header_bytes = 16 * KIB,
	.address_colons = 1000,
	.headers = 200,
	.boundary_lines = 2000,
	.parts = 200,
	.depth = 20,
	.text_bytes = 64 * KIB,
	.field_bytes = 8 * KIB,
	.field_groups = 1000,
	.recipients = 1000,
	.complaint_recipients = 100,
};
