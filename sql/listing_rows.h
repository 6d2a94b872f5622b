#ifndef RETOUR_LISTING_ROWS_H
#define RETOUR_LISTING_ROWS_H

#include "blacklist.h"
#include "pool.h"

/* What blacklist.c, changes.c and lookup.c share. */

/* Select list over "blacklist b" for listing_read(). */
#define LISTING_COLUMNS \
	"b.target, b.scope, b.category, b.reason, b.reference, b.source, b.evidence, b.note," \
	" extract(epoch from b.since)::bigint, extract(epoch from b.expires_at)::bigint, b.strikes"

Listing *listing_read(const Rows *rows, int row);
GPtrArray *listings_read(const Rows *rows); /* all rows */

/* Select list over "audit" for audit_read(). */
#define AUDIT_COLUMNS "extract(epoch from at)::bigint, actor, action, target, scope, reason, detail"

GPtrArray *audit_read(const Rows *rows); /* all rows: AuditEntry *, which the array owns */

Pool *blacklist_pool(Blacklist *blacklist);

#endif
