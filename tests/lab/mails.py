"""Mails as their makers write them, CRLF, ready for SMTP. All wording is ours or the fixed words of the field."""

import email.utils
import itertools
import uuid
from dataclasses import dataclass, field

_numbers = itertools.count(1)


def message_id(domain="shop.example.test"):
    return f"{uuid.uuid4().hex[:16]}.{next(_numbers)}@{domain}"


def queue_id():
    """As Postfix with enable_long_queue_ids makes them: no vowels, 'z' before the inode."""
    alphabet = "0123456789BCDFGHJKLMNPQRSTVWXYbcdfghjklmnpqrstvwxy"
    number, letters = uuid.uuid4().int, []
    for _ in range(10):
        number, rest = divmod(number, len(alphabet))
        letters.append(alphabet[rest])
    return "4" + "".join(letters) + "z1" + "".join(letters[:4]).lower().replace("z", "y")


def date():
    return email.utils.formatdate(usegmt=False)


def crlf(text):
    return text.strip("\n").replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8") + b"\r\n"


@dataclass
class Original:
    """The mail that a report is about."""
    recipient: str
    sender: str = "bounces@bounces.example.test"
    from_address: str = "offers@shop.example.test"
    subject: str = "Your order is on its way"
    message_id: str = field(default_factory=message_id)
    date: str = field(default_factory=date)
    body: str = "Dear customer,\n\nyour parcel left our warehouse this morning.\n\nThe Example Shop"

    def headers(self):
        return (f"From: Example Shop <{self.from_address}>\nTo: {self.recipient}\nSubject: {self.subject}\n"
                f"Date: {self.date}\nMessage-ID: <{self.message_id}>\nMIME-Version: 1.0\n"
                "Content-Type: text/plain; charset=utf-8")

    def mail(self):
        return crlf(f"{self.headers()}\n\n{self.body}\n")


UNKNOWN = ("5.1.1", "550 5.1.1 <{recipient}>: Recipient address rejected: User unknown in virtual mailbox table")
FULL = ("5.2.2", "552 5.2.2 <{recipient}>: Mailbox is full, user over quota")


def postfix_dsn(original, failure=UNKNOWN, recipients=None, host="mx.remote.example.test", queue=None, action="failed",
                own_id=None):
    """A bounce by a remote site's Postfix. recipients: more than the one of the original. Retries share queue, not own_id."""
    status, text = failure
    recipients = recipients or [original.recipient]
    queue = queue or queue_id()
    boundary = f"{queue}.1795000000/{host}"
    words, groups = [], []
    for recipient in recipients:
        reply = text.format(recipient=recipient)
        words.append(f"<{recipient}>: host next.remote.example.test[192.0.2.25] said: {reply} (in reply to RCPT TO command)")
        groups.append(f"Final-Recipient: rfc822; {recipient}\nOriginal-Recipient: rfc822;{recipient}\nAction: {action}\n"
                      f"Status: {status}\nRemote-MTA: dns; next.remote.example.test\nDiagnostic-Code: smtp; {reply}")
    return crlf(f"""
From: MAILER-DAEMON@{host} (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {original.sender}
Date: {date()}
Message-Id: <{own_id or message_id(host)}>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
 boundary="{boundary}"

This is a MIME-encapsulated message.

--{boundary}
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host {host}.

Your message could not be handed to the people below.

{chr(10).join(words)}

--{boundary}
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; {host}
X-Postfix-Queue-ID: {queue}
X-Postfix-Sender: rfc822; {original.sender}
Arrival-Date: {original.date}

{(chr(10) * 2).join(groups)}

--{boundary}
Content-Description: Undelivered Message
Content-Type: message/rfc822

Return-Path: <{original.sender}>
{original.headers()}

{original.body}

--{boundary}--
""")


def exchange_dsn(original, host="mail.corp.example.test"):
    """A non-delivery report in the manner of Exchange: HTML beside the text, no returned body."""
    return crlf(f"""
From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@corp.example.test>
To: {original.sender}
Subject: Undeliverable: {original.subject}
Date: {date()}
Message-ID: <{message_id(host)}>
In-Reply-To: <{original.message_id}>
References: <{original.message_id}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_outer"
X-MS-Exchange-Message-Is-Ndr:

--=_outer
Content-Type: multipart/alternative; boundary="=_inner"

--=_inner
Content-Type: text/plain; charset="us-ascii"

{original.recipient} wasn't found at corp.example.test.

--=_inner
Content-Type: text/html; charset="us-ascii"

<p>{original.recipient} wasn't found at corp.example.test.</p>

--=_inner--

--=_outer
Content-Type: message/delivery-status

Reporting-MTA: dns;{host}
Received-From-MTA: dns;mx.example.test
Arrival-Date: {original.date}

Final-Recipient: rfc822;{original.recipient}
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {original.recipient} not found by SMTP address lookup

--=_outer
Content-Type: text/rfc822-headers

{original.headers()}

--=_outer--
""")


def gmail_dsn(original):
    """A bounce in the manner of Gmail: related parts with an icon, X-Failed-Recipients."""
    return crlf(f"""
Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: {original.sender}
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: <{original.message_id}>
In-Reply-To: <{original.message_id}>
X-Failed-Recipients: {original.recipient}
Message-ID: <{message_id('mail.gmail.com')}>
Date: {date()}
MIME-Version: 1.0
Content-Type: multipart/report; boundary="0000000000lab"; report-type=delivery-status

--0000000000lab
Content-Type: multipart/related; boundary="0000000000rel"

--0000000000rel
Content-Type: multipart/alternative; boundary="0000000000alt"

--0000000000alt
Content-Type: text/plain; charset="UTF-8"


** Address not found **

Your message wasn't delivered to {original.recipient} because the address couldn't be found.

--0000000000alt--
--0000000000rel
Content-Type: image/png; name="icon.png"
Content-Transfer-Encoding: base64
Content-ID: <icon.png>

iVBORw0KGgo=
--0000000000rel--
--0000000000lab
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Received-From-MTA: dns; {original.from_address}
Arrival-Date: {original.date}
X-Original-Message-ID: <{original.message_id}>

Final-Recipient: rfc822; {original.recipient}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try
 550-5.1.1 double-checking the recipient's email address for typos or
 550 5.1.1 unnecessary spaces. lab - gsmtp
Last-Attempt-Date: {date()}

--0000000000lab
Content-Type: message/rfc822

{original.headers()}

{original.body}

--0000000000lab--
""")


def complaint(original, reporter="feedback@fbl.yahoo.example.test", feedback_type="abuse", to="fbl@fbl.example.test", kept=None):
    """An ARF report (RFC 5965) with the returned mail whole: as it was sent, or as the remote site kept it."""
    sender = kept.sender if kept else original.sender
    returned = kept.data.decode().replace("\r\n", "\n") if kept else f"{original.headers()}\n\n{original.body}"
    return crlf(f"""
From: <{reporter}>
To: <{to}>
Subject: FW: {original.subject}
Date: {date()}
Message-ID: <{message_id('fbl.yahoo.example.test')}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="arf.lab"

--arf.lab
Content-Type: text/plain; charset="US-ASCII"

A user of ours marked the mail below as unwanted. It reached us from 192.0.2.10.

--arf.lab
Content-Type: message/feedback-report

Feedback-Type: {feedback_type}
User-Agent: LabFeedback/1.0
Version: 1
Original-Mail-From: <{sender}>
Original-Rcpt-To: <{original.recipient}>
Arrival-Date: {original.date}
Source-IP: 192.0.2.10
Reported-Domain: {original.from_address.partition('@')[2]}

--arf.lab
Content-Type: message/rfc822
Content-Disposition: inline

Return-Path: <{sender}>
{returned}

--arf.lab--
""")


def vacation(original, until="30 November"):
    return crlf(f"""
From: <{original.recipient}>
To: <{original.sender}>
Subject: Automatic reply: {original.subject}
Date: {date()}
Message-ID: <{message_id('remote.example.test')}>
In-Reply-To: <{original.message_id}>
Auto-Submitted: auto-replied
Precedence: bulk
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

I am out of the office until {until} and will answer after that.
""")


def letter(sender, recipient, subject="A word", body="Hello,\n\njust a word.\n", extra=""):
    """Ordinary mail between people."""
    return crlf(f"From: <{sender}>\nTo: <{recipient}>\nSubject: {subject}\nDate: {date()}\n"
                f"Message-ID: <{message_id('people.example.test')}>\n{extra}MIME-Version: 1.0\n"
                f"Content-Type: text/plain; charset=utf-8\n\n{body}")


def awkward_letter(sender, recipient):
    """What a filter that rebuilds mail would change: folding, case, doubled fields, blanks, 8 bit, dots, long lines."""
    return (f"From: <{sender}>\r\nTO: <{recipient}>\r\nSubject: =?utf-8?q?caf=C3=A9?= and\r\n\t folded \r\n  twice\r\n"
            f"X-Twice: one\r\nX-Twice:two\r\nX-Blank:  \r\nMessage-ID: <{message_id('people.example.test')}>\r\n"
            f"Date: {date()}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: 8bit\r\n\r\ncaf\u00e9\r\n.\r\n..two dots\r\n \r\nFrom the beginning\r\n"
            + "x" * 900 + "\r\n--looks-like-a-boundary\r\n\r\n\r\n").encode("utf-8").replace(b"\r\n.\r\n", b"\r\n.one\r\n")


def body_of(mail):
    """What follows the headers, with LF line ends: for comparing what was sent with what arrived."""
    return mail.replace(b"\r\n", b"\n").partition(b"\n\n")[2]


def header_block(mail, first):
    """The headers from the first named one on: what was sent, without the trace that servers put in front."""
    head = mail.replace(b"\r\n", b"\n").partition(b"\n\n")[0] + b"\n"
    start = head.find(b"\n" + first)
    return head[start + 1:] if start >= 0 else (head if head.startswith(first) else b"")
