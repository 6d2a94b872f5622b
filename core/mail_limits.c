#include "mail_limits.h"

const Limits limits_default = {
	.message_bytes = 1024 * 1024,
	.header_bytes = 16 * 1024,
	.address_colons = 1000,
	.headers = 200,
	.boundary_lines = 2000,
	.parts = 200,
	.depth = 20,
	.text_bytes = 64 * 1024,
	.field_bytes = 8 * 1024,
	.field_groups = 1000,
	.recipients = 1000,
	.complaint_recipients = 100,
};
