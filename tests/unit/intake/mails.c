#include "mails.h"

#include <glib.h>

static const char *
usual(const char *given, const char *otherwise)
{
	return given == NULL ? otherwise : given;
}

static char *
original_headers(const char *from, const char *recipient, const char *message_id)
{
	return g_strdup_printf("From: Shop <%s>\r\n"
			       "To: %s\r\n"
			       "Subject: Your order\r\n"
			       "Date: Mon, 5 Oct 2026 09:00:00 +0000\r\n"
			       "Message-ID: <%s>\r\n",
		from, recipient, message_id);
}

char *
mail_bounce(const Bounce *bounce)
{
	const char *recipient = usual(bounce->recipient, "nobody@example.org");
	const char *from = usual(bounce->from, "news@shop.example");
	g_autofree char *original =
		original_headers(from, recipient, usual(bounce->message_id, "order-1@shop.example"));
	g_autofree char *queue_lines = bounce->queue_id == NULL
					       ? g_strdup("")
					       : g_strdup_printf("X-Postfix-Queue-ID: %s\r\n", bounce->queue_id);

	return g_strdup_printf("From: MAILER-DAEMON@out.shop.example (Mail Delivery System)\r\n"
			       "To: %s\r\n"
			       "Subject: Undelivered Mail Returned to Sender\r\n"
			       "Date: %s\r\n"
			       "Message-Id: <%s>\r\n"
			       "Auto-Submitted: auto-replied\r\n"
			       "MIME-Version: 1.0\r\n"
			       "Content-Type: multipart/report; report-type=delivery-status; boundary=\"edge\"\r\n"
			       "\r\n"
			       "--edge\r\n"
			       "Content-Type: text/plain; charset=us-ascii\r\n"
			       "\r\n"
			       "Delivery to one of your recipients did not work out.\r\n"
			       "\r\n"
			       "--edge\r\n"
			       "Content-Type: message/delivery-status\r\n"
			       "\r\n"
			       "Reporting-MTA: dns; out.shop.example\r\n"
			       "%s"
			       "X-Postfix-Sender: rfc822; %s\r\n"
			       "Arrival-Date: Mon,  5 Oct 2026 09:00:01 +0000 (UTC)\r\n"
			       "\r\n"
			       "Final-Recipient: rfc822; %s\r\n"
			       "Original-Recipient: rfc822;%s\r\n"
			       "Action: %s\r\n"
			       "Status: %s\r\n"
			       "Remote-MTA: dns; mx.example.org\r\n"
			       "Diagnostic-Code: smtp; %s\r\n"
			       "\r\n"
			       "--edge\r\n"
			       "Content-Type: text/rfc822-headers\r\n"
			       "\r\n"
			       "%s\r\n"
			       "--edge--\r\n",
		from, usual(bounce->date, "Mon, 5 Oct 2026 09:00:09 +0000"),
		usual(bounce->own_id, "bounce-1@out.shop.example"), queue_lines, from, recipient, recipient,
		usual(bounce->action, "failed"), usual(bounce->status, "5.1.1"),
		usual(bounce->diagnostic, "550 5.1.1 No such user here"), original);
}

char *
mail_complaint(const char *recipient, const char *message_id, const char *from)
{
	g_autofree char *original = original_headers(from, recipient, message_id);

	return g_strdup_printf("From: feedback@provider.example\r\n"
			       "To: fbl@shop.example\r\n"
			       "Subject: Abuse report\r\n"
			       "Date: Mon, 5 Oct 2026 10:00:00 +0000\r\n"
			       "Message-ID: <complaint-%s>\r\n"
			       "MIME-Version: 1.0\r\n"
			       "Content-Type: multipart/report; report-type=feedback-report; boundary=\"edge\"\r\n"
			       "\r\n"
			       "--edge\r\n"
			       "Content-Type: text/plain\r\n"
			       "\r\n"
			       "One of our users does not want this mail.\r\n"
			       "\r\n"
			       "--edge\r\n"
			       "Content-Type: message/feedback-report\r\n"
			       "\r\n"
			       "Feedback-Type: abuse\r\n"
			       "User-Agent: ProviderLoop/3.1\r\n"
			       "Version: 1\r\n"
			       "Original-Mail-From: <%s>\r\n"
			       "Original-Rcpt-To: <%s>\r\n"
			       "\r\n"
			       "--edge\r\n"
			       "Content-Type: message/rfc822\r\n"
			       "\r\n"
			       "%s"
			       "\r\n"
			       "Thank you for your order.\r\n"
			       "--edge--\r\n",
		message_id, from, recipient, original);
}

char *
mail_vacation(const char *from)
{
	return g_strdup_printf("From: %s\r\n"
			       "To: news@shop.example\r\n"
			       "Subject: Out of office: Your order\r\n"
			       "Date: Mon, 5 Oct 2026 09:01:00 +0000\r\n"
			       "Message-ID: <away-1@example.org>\r\n"
			       "In-Reply-To: <order-1@shop.example>\r\n"
			       "Auto-Submitted: auto-replied\r\n"
			       "Precedence: bulk\r\n"
			       "\r\n"
			       "I am away until Thursday.\r\n",
		from);
}

char *
mail_ordinary(void)
{
	return g_strdup("From: ann@example.org\r\n"
			"To: news@shop.example\r\n"
			"Subject: Where is my parcel?\r\n"
			"Date: Mon, 5 Oct 2026 09:01:00 +0000\r\n"
			"Message-ID: <q-1@example.org>\r\n"
			"\r\n"
			"It has not arrived yet.\r\n");
}
