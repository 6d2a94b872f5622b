#ifndef RETOUR_TRACE_HEADER_H
#define RETOUR_TRACE_HEADER_H

/* The name of our signed header: trust/trace.h writes and verifies it, the readers of reports find it. */
#define TRACE_HEADER "X-Retour-Trace"

#endif
