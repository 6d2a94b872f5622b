#ifndef RETOUR_TEXT_LIMITS_H
#define RETOUR_TEXT_LIMITS_H

/* How much of a text that came from outside is stored, in octets. */
#define ADDRESS_BYTES 320
#define NAME_BYTES 255 /* hosts, providers, domains, ids */
#define LINE_BYTES 998
#define DIAGNOSTIC_BYTES 2048
#define REASON_BYTES 500

#endif
