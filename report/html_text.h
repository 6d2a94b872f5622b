#ifndef RETOUR_HTML_TEXT_H
#define RETOUR_HTML_TEXT_H

/* The text of an HTML page, one block per line, for reports that have no plain text. Owned by the caller. Linear time. */
char *html_text(const char *html);

#endif
