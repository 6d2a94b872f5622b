#include "cues.h"

#include "phrases.h"

#include <glib.h>
#include <string.h>

/* All phrases are in lower case. Lists end with NULL. */

static const char *const daemon_names[] = { "mailer-daemon", "mailer daemon", "mailerdaemon", "mailer_daemon",
	"postmaster", "post_master", "post master", "mail deliver", "mail.deliver", "mail-deliver",
	"delivery subsystem", "delivery system", "mail system", "mail administrator", "mail admin",
	"system administrator", "systemadministrator", "systemadministratör", "microsoft outlook", "microsoftexchange",
	"mail server", "mailserver", "mail router", "mail gateway", "mail transport", "e-mail server", "email server",
	"internet mail", "double-bounce", "postoffice", "content-filter", "mail daemon", "smtp daemon", "mail-daemon",
	"bounce-daemon", "mdaemon", "smtp gateway", "nondelivery", "non-delivery", "undeliver",
	"administrateur système", "amministratore di sistema", "administrador del sistema", "systeembeheerder",
	"administrador do sistema", NULL };

static const char *const service_names[] = { "noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "bounce",
	"mailer", "system", "delivery", "daemon", "notification", "notify", "alert", "admin", "smtp", "mta", "errors",
	"root", "mail", "listserv", "majordomo", NULL };

static const char *const subject_bounce[] = { "undeliver", "undelivered", "not delivered", "non-deliver", "nondeliver",
	"non deliver", "returned mail", "returned to sender", "returning message", "return to sender",
	"returned message", "mail returned", "message returned", "delivery fail", "delivery has failed",
	"failed delivery", "failed to deliver", "failed mail", "failure notice", "failure notification",
	"failure report", "delivery status notification", "delivery status", "delivery notification", "delivery report",
	"delivery problem", "delivery error", "error delivering", "could not be delivered", "couldn't be delivered",
	"cannot be delivered", "can't be delivered", "can not be delivered", "unable to deliver", "could not deliver",
	"mail failure", "mail error", "mail system error", "mail status report", "mail delivery", "message delivery",
	"message you sent blocked", "message not sent", "message blocked", "error sending your mail",
	"delivery unsuccessful", "unsuccessful delivery", "rejected mail", "message rejected", "mail rejected",
	"message undeliver", "bounce", "invalid recipient", "unknown recipient", "unknown user", "user unknown",
	"user not known", "permanent error", "email could not", "considered unsolicited", "notification d'état",
	/* German */
	"unzustellbar", "nicht zugestellt", "nicht zustellbar", "zustellung fehlgeschlagen", "zustellfehler",
	"fehler bei der zustellung", "zustellungsfehler", "fehlgeschlagene zustellung", "zustellbenachrichtigung",
	"rückläufer", "konnte nicht zugestellt", "übermittlungsfehler",
	/* Dutch */
	"onbestelbaar", "niet bezorgd", "niet afgeleverd", "kon niet worden bezorgd", "bezorging mislukt",
	"bezorgen mislukt", "aflevering mislukt", "niet bestelbaar", "mislukte bezorging", "afleverfout",
	/* French */
	"non remis", "non délivr", "non distribu", "échec de la remise", "échec de remise", "échec de distribution",
	"échec de livraison", "echec de", "message non livré", "courrier non", "erreur de distribution",
	"retour à l'expéditeur", "état de remise", "avis de non",
	/* Italian */
	"non recapit", "mancato recapito", "mancata consegna", "consegna non riuscita", "impossibile recapitare",
	"non consegnat", "errore di consegna", "recapito non riuscito",
	/* Spanish */
	"no se puede entregar", "no se pudo entregar", "no entregado", "no entregable", "error de entrega",
	"error en la entrega", "fallo de entrega", "fallo en la entrega", "correo devuelto", "mensaje devuelto",
	"notificación de estado de entrega", "falla en la entrega", "no ha podido ser entregado",
	/* Portuguese */
	"não entreg", "não é possível entregar", "não foi possível entregar", "não pôde ser entregue",
	"falha na entrega", "falha de entrega", "erro de entrega", "mensagem devolvida", "email devolvido",
	"não pode ser entregue",
	/* Russian */
	"не доставлен", "недоставлен", "не может быть доставлен", "не удалось доставить", "ошибка доставки",
	"сбой доставки", "возврат письма", "возвращен", "уведомление о недоставке", "невозможно доставить",
	/* Japanese */
	"配信不能", "配信できません", "配送不能", "配信エラー", "配送エラー", "送信エラー", "送信できません",
	"配信失敗", "送信失敗", "不達", "送達不能", "エラーメール", "届けられません", "配達不能", "未配信",
	/* Chinese, simplified and traditional */
	"退信", "无法投递", "投递失败", "發送失敗", "发送失败", "无法送达", "未送达", "未傳遞", "无法传递", "未传递",
	"傳遞失敗", "无法传送", "無法傳遞", "無法投遞", "寄送失敗",
	/* Swedish, Danish, Norwegian, Finnish, Polish, Czech, Turkish, Korean */
	"gick inte att leverera", "kunde inte levereras", "oleverbar", "kan ikke leveres", "kunne ikke leveres",
	"ikke leveret", "ei voi toimittaa", "ei voitu toimittaa", "niedostarcz", "nie można dostarczyć", "nedoručiteln",
	"nedoručen", "nelze doručit", "teslim edilemedi", "iletilemedi", "배달되지", "전송 실패", "배달 실패", "반송",
	"olevererat", "ikke levert", "toimitus ei", "toimittaminen ei", "doručení se nezdařilo", "could not send",
	"not be sent", "was not sent", "non livré", "nebyl doručen", "nebyla doručen", "nebylo doručen",
	"nepodařilo doručit", "nebola doručen", "nebolo možné doručiť", "nedoručiteľn", "nie została dostarczon",
	"nie zostało dostarczon", "nie udało się dostarczyć", "zwrot wiadomości", "kézbesíthetetlen",
	"nem kézbesíthető", "sikertelen kézbesítés", "kézbesítés sikertelen", "nem sikerült kézbesíteni",
	"nu a putut fi livrat", "nu poate fi livrat", "nelivrat", "nelivrabil", "eroare de livrare",
	"δεν είναι δυνατή η παράδοση", "αποτυχία παράδοσης", "δεν παραδόθηκε", "αποτυχία αποστολής",
	"не вдалося доставити", "не доставлено", "помилка доставки", "не беше доставен", "неуспешна доставка",
	"nije isporučen", "neisporučen", "isporuka nije", "nije dostavljen", "nedostavljen", "ni bilo dostavljen",
	"leverans misslyckades", "kunde inte leverera", "blev ikke leveret", "levering mislykkedes", "ikke afleveret",
	"ble ikke levert", "levering mislyktes", "ei toimitettu", "toimitus epäonnistui", "ulaştırılamadı",
	"gönderilemedi", "teslim edilemiyor", "לא ניתן למסירה", "לא נמסר", "המסירה נכשלה", "يتعذر التسليم",
	"فشل التسليم", "لم يتم تسليم", "تعذر تسليم", "발송 실패", "전달 실패", "전송하지 못", "không thể gửi",
	"gửi thất bại", "ส่งไม่สำเร็จ", "ไม่สามารถส่ง", "tidak dapat dikirim", "gagal dikirim", "tidak terkirim",
	"no s'ha pogut lliurar", "未配達", "無法傳送", "无法寄送", "無法寄送", "投遞失敗", "传送失败", "傳送失敗",
	"发送未成功", "寄送失败", "nicht ausgeliefert", "doručenie zlyhalo", "doručenie správy", "doručení selhalo",
	"не е доставен", "nepristatyt", "nepavyko pristatyti", "ei saanud kohale", "kohaletoimetamine ebaõnnestus",
	"nevarēja piegādāt", "nav piegādāt", "không gửi được", "niet aangekomen", "nicht angenommen",
	"nicht angekommen", "entrega fallida", "envío fallido", "nie doręczono", "nie doręczon", "recapito fallito",
	"inte framme", "ikke fremme", "kom ikke frem", NULL };

static const char *const subject_delay[] = { "(delay", "delayed", "delay notification", "message delay",
	"delivery delay", "mail delay", "still being retried", "warning: could not send message", "warning: message",
	"warning: delayed", "warning: mail", "not yet been delivered", "temporarily", "has been delayed", "verzögert",
	"verzögerung", "vertraagd", "vertraging", "retardé", "retard ", "différé", "ritardat", "ritardo", "retrasad",
	"retraso", "demorad", "atrasad", "atraso", "adiada", "задерж", "отложен", "遅延", "遅れて", "延迟", "延遲",
	"zpožd", "oneskor", "opóźn", "försen", "fördröj", "forsink", "viiväs", "gecik", "késlel", "întârzi", "καθυστέρ",
	"затрим", "відклад", "지연", "nog niet bezorgd", "noch nicht zugestellt", "pas encore", "todavía no", "aún no",
	"ainda não", "non ancora", NULL };

static const char *const subject_ordinary[] = { "fwd:", "fw:", "wg:", "tr:", "rv:", "enc:", "i:", "доб:", "转发:",
	"轉寄:", "re:", "aw:", "sv:", "vs:", "antw:", "antwort:", "odp:", "rép:", "res:", "rif:", "automatic reply",
	"auto reply", "auto:", "autoreply", "auto-reply", "auto response", "autoresponse", "auto-response",
	"autoresponder", "out of office", "out of the office", "out-of-office", "away from", "vacation", "on holiday",
	"automatische antwort", "abwesenheit", "automatisch antwoord", "afwezig", "réponse automatique", "absence",
	"absent", "risposta automatica", "fuori sede", "assenza", "respuesta automática", "fuera de",
	"resposta automática", "ausência", "ausente", "автоответ", "автоматический ответ", "自動応答", "自動返信",
	"不在", "自动回复", "自動回覆", "自动答复",
	"read:", "gelesen:", "gelezen:", "lu :", "lu:", "letto:", "leído:", "lida:", "прочтено:", "開封済み", "已读",
	"not read:", "return receipt", "read receipt", "postmaster copy", "report domain:", "your message to",
	"your subscription", "quarantine", "spam digest", "pd:", "vb:", "vl:", "ynt:", "ilt:", "odg:", "ref:", "fs:",
	"továbbítás:", "пересл:", "ответ:", "απ:", "πρθ:", "回复:", "答复:", "回覆:", "전달:", "회신:", "autosvar",
	"automatiskt svar", "automatisk svar", "automaattinen vastaus", "odpowiedź automat", "automatyczna odpow",
	"automatická odpov", "automatikus válasz", "răspuns automat", "otomatik yanıt", "αυτόματη απάντηση",
	"автоматична відпов", "автоматичен отговор", "automatski odgovor", "samodejni odgovor", "תשובה אוטומטית",
	"رد تلقائي", "자동 회신", "자동 응답", "trả lời tự động", "balasan otomatis", NULL };

static const char *const failure[] = { "could not be deliver", "could not be sent", "could not deliver",
	"couldn't be deliver", "couldn't deliver", "can't be deliver", "cannot be deliver", "can not be deliver",
	"cannot deliver", "not be delivered", "not been delivered", "not delivered", "wasn't delivered",
	"weren't delivered", "hasn't been delivered", "couldn't be found", "was not sent", "weren't able to deliver",
	"wasn't able to deliver", "was not able to deliver", "unable to deliver", "not able to deliver",
	"undeliverable", "undelivered", "nondeliver", "non-deliver", "delivery failed", "delivery has failed",
	"delivery fail", "delivery attempt", "delivery of", "delivery to", "delivery error", "delivery problem",
	"failed to deliver", "failed to reach", "failed permanently", "failed addresses", "fatal error",
	"permanent error", "permanent failure", "permanent fatal", "error delivering",
	"error has occurred while attempting", "an error occurred while", "error was encountered", "did not reach",
	"could not be reached", "couldn't be reached", "had delivery", "has not been received", "returned mail",
	"returned to you", "returned to sender", "returning message", "bounced", "bounce notification", "addresses had",
	"recipient address rejected", "was rejected", "were rejected", "been rejected", "rejected your message",
	"refused to accept", "rejected by", "returned permanent", "returned error", "had trouble deliver",
	"trouble delivering", "problem delivering", "problems delivering", "transcript of session",
	"does not like recipient", "remote host said", "said: 5", "said: 4", "user unknown", "unknown user",
	"unknown recipient", "no such user", "no such recipient", "no such mailbox", "mailbox is full", "mailbox full",
	"mailbox exceeds", "over quota", "does not exist", "recipient not found", "not listed in", "invalid recipient",
	"invalid user address", "account is disabled", "address is invalid", "unrouteable", "failure reasons",
	"delivery status notification", "has been blocked", "was blocked", "incorrectly constructed",
	"delivery aborted", "was aborted", "invalid final delivery userid", "mail delivery system", "reject reason",
	"considered unsolicited", "not relayed", "was stopped", "failed recipient", "message expired",
	"not find a gateway",
	/* German */
	"nicht zugestellt", "nicht zustellen", "unzustellbar", "nicht zustellbar", "zustellung fehlgeschlagen",
	"zustellung an", "nicht ausgeliefert", "nicht übermittelt", "nicht erreich", "konnte nicht gesendet",
	/* Dutch */
	"niet worden bezorgd", "niet bezorgd", "niet worden afgeleverd", "niet afgeleverd", "onbestelbaar",
	"niet bezorgen", "bezorging is mislukt", "bezorging mislukt", "bezorgen is mislukt", "niet afleveren",
	"mislukt",
	/* French */
	"n'a pas pu être", "n'a pas été remis", "n'a pas été distribué", "n'a pas été délivré", "n'ont pas pu",
	"n'a pu être", "échec de la remise", "échec de remise", "échec", "non remis", "impossible de remettre",
	"impossible de délivrer", "impossible de livrer", "pas pu remettre", "pas été livré", "non délivr",
	"non distribu",
	/* Italian */
	"non è stato possibile", "non è stato recapitato", "non è stato consegnato", "impossibile recapitare",
	"impossibile consegnare", "mancato recapito", "mancata consegna", "non riuscit", "non può essere",
	"non recapit", "non consegnat",
	/* Spanish */
	"no se pudo entregar", "no se puede entregar", "no ha podido", "no pudo ser", "no se ha entregado",
	"no se ha podido", "error al entregar", "error en la entrega", "error de entrega", "no fue entregado",
	"no pudo entregar", "no se entregó", "no entregado",
	/* Portuguese */
	"não pôde ser", "não foi possível", "não pode ser", "não foi entregue", "falha na entrega", "falha ao entregar",
	"não entregue", "não puderam", "não conseguimos",
	/* Russian */
	"не может быть доставлен", "не было доставлен", "не доставлен", "не удалось доставить", "невозможно доставить",
	"не удалось отправить", "ошибка доставки", "сбой доставки", "не смог", "не найден", "доставить сообщение",
	/* Japanese */
	"送信できません", "配信できません", "配送できません", "お届けできません", "届けられません", "送信に失敗",
	"配信に失敗", "配送に失敗", "配信不能", "送達できません", "エラーのため", "届きません", "見つかりません",
	"届かな", "エラーが発生",
	/* Chinese */
	"无法投递", "无法送达", "无法传递", "未能送达", "未能投递", "投递失败", "发送失败", "退信", "被退回", "退回",
	"拒收", "无法发送", "未送达", "發送失敗", "無法傳遞", "無法投遞", "無法送達", "傳遞失敗", "不存在", "未能向",
	"传递邮件", "找不到您输入",
	/* Swedish, Danish, Norwegian, Finnish, Polish, Czech, Turkish, Korean */
	"kunde inte levereras", "gick inte att", "kunne ikke leveres", "ikke leveret", "ei voitu toimittaa",
	"nie można dostarczyć", "nie dostarczono", "nelze doručit", "nebylo doručeno", "teslim edilemedi",
	"iletilemedi", "배달하지", "전달되지", "grupper mislykkedes", "blev ikke fundet", "levering til", "epäonnistui",
	"se nezdařilo", "nelze najít", "nie można odnaleźć", "ikke levert", "ble ikke funnet",
	/* Czech, Slovak, Polish */
	"nebyl doručen", "nebyla doručen", "nebylo doručit", "být doručen", "nepodařilo doručit", "nedoručen",
	"nebola doručen", "možné doručiť", "nepodarilo doručiť", "nie została dostarczon", "nie zostało dostarczon",
	"nie mogła zostać dostarczon", "nie może zostać dostarczon", "nie udało się dostarczyć", "niedostarcz",
	/* Hungarian, Romanian, Greek */
	"nem sikerült a kézbesítés", "nem sikerült kézbesíteni", "nem lehetett kézbesíteni", "nem kézbesíthető",
	"kézbesíthetetlen", "nu a putut fi livrat", "nu poate fi livrat", "nu a fost livrat", "nu s-a putut livra",
	"livrarea a eșuat", "nelivrat", "παράδοση απέτυχε", "δεν παραδόθηκε", "δυνατή η παράδοση", "αποτυχία παράδοσης",
	"να παραδοθεί", "δεν ήταν δυνατή",
	/* Ukrainian, Bulgarian, Serbian, Croatian, Slovene */
	"не вдалося доставити", "не вдалося надіслати", "не доставлено", "не може бути доставлен", "не було доставлен",
	"помилка доставки", "збій доставки", "не може да бъде доставен", "не беше доставен", "не бе доставен",
	"nije isporučen", "nije dostavljen", "ne može se isporučiti", "nije moguće isporučiti", "isporuka nije",
	"ni bilo mogoče dostaviti", "ni bilo dostavljen", "ni bila dostavljen",
	/* Swedish, Danish, Norwegian, Finnish */
	"har inte levererats", "kunde inte leverera", "leverans misslyck", "leveransen misslyck", "blev ikke leveret",
	"kunne ikke afleveres", "levering mislyk", "leveringen mislyk", "ble ikke levert", "ei toimitettu",
	"ei pystytty toimittamaan", "ei mennyt perille",
	/* Turkish, Hebrew, Arabic */
	"teslim edilemiyor", "ulaştırılamadı", "gönderilemedi", "נכשלה", "לא נמסר", "לא ניתן היה למסור",
	"לא ניתן למסור", "فشل التسليم", "لم يتم تسليم", "تعذر تسليم", "يتعذر تسليم", "تعذر إرسال",
	/* Korean, Japanese, Chinese */
	"배달하지 못", "전달하지 못", "전송하지 못", "보내지 못", "전송되지", "발송되지", "전송 실패", "배달 실패",
	"반송", "送信できなかった", "届かなかった", "配達できません", "無法傳送", "无法传送", "無法寄送", "无法寄送",
	"無法投递", "未能發送", "未能发送", "寄送失敗", "传送失败", "傳送失敗", "投遞失敗",
	/* Vietnamese, Thai, Indonesian, Catalan */
	"không thể gửi", "không gửi được", "không gửi đến", "ไม่สามารถส่ง", "ส่งไม่สำเร็จ", "tidak dapat dikirim",
	"gagal dikirim", "tidak terkirim", "no s'ha pogut lliurar", "no s'ha lliurat",
	/* Estonian, Latvian, Lithuanian, and more of Slovak, Bulgarian, German, French */
	"ei saanud kohale", "kohale toimetada", "kohaletoimetamine", "nevarēja piegādāt", "nav piegādāt",
	"nepavyko pristatyti", "nepristatyt", "doručenie vašej", "doručenie správy", "doručení selhalo",
	"не можа да бъде доставен", "не е доставен", "kam nicht an", "kamen nicht an", "est revenu", "gescheitert",
	"nicht angekommen", "niet aangekomen", "no hemos podido", "entrega fallida", "recapito fallito",
	"did not get through", "didn't get through", "nie udało się doręczyć", "nie doręczon", "não conseguiu entregar",
	"n'avons pas pu", "n'a pas abouti", "inte fram", "kom ikke frem", NULL };

static const char *const warning[] = { "only a temporary failure", "not need to re-send", "warning message only",
	"this is a warning only", "is only a warning", "just a warning", "do not need to resend",
	"don't need to resend", "need not resend", "nur eine warnung", "lediglich eine warnung",
	"nicht erneut zu senden", "nicht erneut senden", "nachricht nicht noch einmal", "slechts een waarschuwing",
	"alleen een waarschuwing", "niet opnieuw te verzenden", "niet opnieuw te versturen", "qu'un avertissement",
	"simple avertissement", "nécessaire de renvoyer", "inutile de renvoyer", "solo una advertencia",
	"sólo una advertencia", "solo un aviso", "sólo un aviso", "no es necesario que reenvíe",
	"no es necesario reenviar", "no es necesario volver a enviar", "solo un avviso", "non è necessario rispedire",
	"non è necessario inviarlo di nuovo", "non è necessario inviare nuovamente", "apenas um aviso",
	"não é necessário reenviar", "только предупреждение", "не нужно отправлять сообщение повторно",
	"tylko ostrzeżenie", "pouze varování", NULL };

static const char *const delay[] = { "will be retried", "will continue to try", "will continue trying",
	"continue to attempt", "will keep trying", "keeps trying", "continue to be attempted", "will try again",
	"will retry", "delivery attempts will continue", "attempts to deliver the message will continue",
	"has been delayed", "is delayed", "been delayed", "delivery delayed", "not yet been delivered",
	"not yet delivered", "has not been delivered yet", "still being tried", "still trying",
	"no action is required on your part", "wurde verzögert", "verzögert", "weitere zustellversuche",
	"weiterhin versucht", "erneut versucht", "vertraagd", "opnieuw geprobeerd", "wordt nog", "a été retardé",
	"été différé", "nouvelles tentatives", "è stato ritardato", "verranno effettuati", "nuovi tentativi",
	"se ha retrasado", "seguirá intentando", "se reintentará", "foi adiada", "continuará tentando", "atrasada",
	"задержан", "отложен", "попытки доставки будут", "遅延", "再送を試み", "再送信を試み", "继续尝试", "延迟",
	"將繼續", "noch nicht zugestellt", "zustellung wird weiter", "nog niet bezorgd", "nog niet afgeleverd",
	"niet kunnen bezorgen, maar", "blijven proberen", "blijven het", "pas encore été", "continuera d'essayer",
	"continuera à essayer", "non è ancora stat", "continuerà a", "continueranno a", "todavía no se ha",
	"aún no se ha", "continuará intentando", "ainda não foi", "continuará a tentar", "еще не достав",
	"ещё не достав", "nie została jeszcze", "jeszcze nie dostarczon", "opóźnion", "zatím nebyl", "dosud nebyl",
	"zpožděn", "har ännu inte", "försenad", "fördröj", "endnu ikke leveret", "ennå ikke levert", "forsinket",
	"ei ole vielä toimitettu", "viivästyn", "henüz teslim", "gecik", "még nem sikerült", "késlelt", "întârziat",
	"καθυστερ", "ще не достав", "затриман", "まだ配信", "尚未送达", "仍在尝试", "尚未送達", "지연", NULL };

static const char *const final[] = { "given up", "giving up", "not going to try again", "will not be retried",
	"permanent error", "permanent fatal", "failed permanently", "permanent failure", "no further attempts",
	"no further delivery", "will not try again", "not continue trying", "delivery has failed", "delivery failed",
	"undeliverable", "expired", "aborted", NULL };

static const char *const success[] = { "successful delivery notifications", "delivery has been successful",
	"was delivered to the following", "were delivered to the following", "was relayed to the following",
	"was successfully delivered", "were successfully delivered", "has been successfully delivered",
	"have been successfully delivered", "was delivered successfully", "has been delivered to",
	"was successfully relayed", "wurde erfolgreich zugestellt", "is met succes bezorgd",
	"successful mail delivery report", "wurde zugestellt an", "is bezorgd bij", "har levererats till",
	"er leveret til", "er levert til", NULL };

static const char *const held[] = { "confirm that you", "please confirm", "to confirm your", "click the link",
	"click here to verify", "click on the link below to", "prove that you are", "verify that you are", "captcha",
	"challenge-response", "challenge response", "boxbe", "spamarrest", "awaits moderat", "awaiting moderat",
	"is being held", "has been held", "was held", "held for", "placed in quarantine", "in quarantine",
	"not a member of", "not subscribed to", "moderator approval", "list moderator", "only members",
	"out of the office", "out of office", "on vacation", "i am away", "i'm away", "currently away",
	"maternity leave", "annual leave", "will be back on", "nicht im büro", "im urlaub", "niet aanwezig",
	"met vakantie", "en congé", "absent du bureau", "ferie", "de vacaciones", "de férias", "в отпуске",
	"不在にして", "休假", "fuori ufficio", "fuori sede", "fuera de la oficina", "fora do escritório", "na urlopie",
	"na dovolené", "mimo kancelář", "szabadságon", "på semester", "på ferie", "inte på kontoret",
	"ikke på kontoret", "lomalla", "ofis dışında", "izindeyim", "σε άδεια", "εκτός γραφείου", "у відпустці",
	"בחופשה", "휴가", NULL };

static const char *const goods[] = { "parcel", "package", "shipment", "courier", "consignment", "paket", "pakket",
	"zending", "sendung", "colis", "pacco", "spedizione", "paquete", "envío", "encomenda", "przesyłk", "zásilk",
	"посылк", "荷物", "包裹", "快递", NULL };

static const char *const mail[] = { "message", "mail", "nachricht", "bericht", "messaggio", "mensaje", "mensagem",
	"correo", "courriel", "wiadomoś", "zpráv", "meddeland", "meddelelse", "melding", "сообщен", "письм", "メール",
	"邮件", "郵件", "메일", NULL };

static const char *const recipient_labels[] = { "recipient", "receiver", "rcpt", "addressee", "final-recip",
	"following address", "following user", "following e-mail", "following email", "these addresses", "these users",
	"addresses had", "addresses failed", "address(es)", "failed address", "target mail address", "target address",
	"target email", "bad address", "invalid address", "destination address", "email address", "e-mail address",
	"mail address", "mailbox", "userid", "user id", "undelivered to", "delivered to", "delivery to", "deliver to",
	"deliver message to", "deliver your message to", "delivery failed", "did not reach", "generated by",
	"generated from", "groups:", "group:", "lists:", "address", "intended for", "sent to", "user name", "empfänger",
	"folgende adresse", "folgenden adresse", "adressat", "an:", "ontvanger", "geadresseerde", "volgende adres",
	"destinataire", "adresse suivante", "adresses suivantes", "destinatari", "seguente indirizzo",
	"seguenti indirizzi", "indirizzo", "destinatário", "siguiente dirección", "direcciones", "dirección",
	"seguinte endereço", "endereço", "получател", "адресат", "по адресу", "адресам", "адрес", "宛先", "あて先",
	"宛て", "送信先", "受信者", "受取人", "メールアドレス", "配送先", "收件人", "收信人", "收件者", "地址",
	"mottagare", "modtager", "mottaker", "vastaanottaj", "odbiorc", "adresat", "příjemc", "alıcı", "수신자",
	"받는 사람", "na adresu", "příjemci", "na adres", "címzett", "címre", "destinatar", "către", "παραλήπτ",
	"διεύθυνση", "одержувач", "за адресою", "primatelj", "primaoc", "prejemnik", "נמען", "נמענים", "לכתובת",
	"المستلم", "العنوان", "수신인", "받는사람", "người nhận", "ผู้รับ", "penerima", "收件地址", "目的地", "gavėj",
	"saajale", "saņēmēj", NULL };

static const char *const strangers[] = { "from", "sender", "reply-to", "return-path", "return path", "message-id",
	"message id", "messageid", "sent by", "queue id", "references", "in-reply-to", "list-", "mailto", "unsubscribe",
	"admin", "report to", "errors-to", "subject", "postmaster", "copy to", "on behalf of", "absender", "afzender",
	"expéditeur", "mittente", "remitente", "remetente", "от кого", "отправител", "送信者", "発信者", "差出人",
	"発信元", "发件人", "發件人", "寄件者", "avsändare", "afsender", "avsender", "nadawc", "odesílatel", "gönderen",
	"보낸 사람", "feladó", "expeditor", "αποστολέα", "відправник", "pošiljatelj", "שולח", "المرسل", "người gửi",
	"pengirim", NULL };

static const char *const contacts[] = { "contact", "assistance", "support", "help", "report this", "question",
	"write to", "reply to", "send mail to", "send email to", "send e-mail to", "send a message to", "message to us",
	"please send", "e-mail us", "email us", "email to", "e-mail to", "forward this", "forward it", "instead",
	"new address", "changed to", "moved to", "replaced by", "please use", "please try", "get in touch", "reach us",
	"reach me", "http", "www.", "kontakt", "wenden sie sich", "wenden an", "schreiben sie", "neue adresse",
	"neem contact", "nieuwe adres", "mail naar", "contacter", "contactez", "écrire à", "nouvelle adresse",
	"contattare", "scrivere a", "nuovo indirizzo", "contacte", "escriba a", "nueva dirección", "contato",
	"escreva para", "novo endereço", "обратитесь", "обращайтесь", "свяжитесь", "пишите", "новый адрес",
	"問い合わせ", "お問合せ", "連絡", "联系", "聯絡", "新地址", NULL };

static const char *const forwarded[] = { "generated from", "forwarded from", "alias of", "originally addressed to",
	"originally to", "original recipient", "original-recipient", "originally sent to", "original address",
	"expanded from", "redirected from", "weitergeleitet von", "weiterleitung von", "doorgestuurd van", NULL };

static const char *const transcript[] = { "transcript of session", "transcript of the session", "session transcript",
	"smtp transcript", "protocol transcript", "transcript of smtp", "conversation with", NULL };

static const char *const afterword[] = { "giving up", "i'm not going to try", "i'm afraid", "(other mxes tried",
	"this has been a permanent", "this is a permanent", "no further", "the following recipients", "message details",
	"sent date:", "mail from:", "rcpt to:", "smtp command", "step:", "message will be retried",
	"additional information", "the attachment", "original sender", "reporting-mta", "remote-mta",
	"it was not possible", "your message was not delivered", "hmailserver", "wir geben auf", "die nachricht",
	NULL };

static const char *const noise[] = { "次のあて先へのメッセージはエラー", "送信先メールアドレスが見つからないか",
	"送信先メールサーバの事由により", "メールアドレスをご確認の上", "this message was created automatically",
	"this is an automatically generated", "this is the mail system at", "this is the qmail-send program",
	"hi. this is", "please do not reply", "do not reply", "i'm afraid i wasn't able", "i'm sorry to have to inform",
	"i'm sorry", "for further assistance", "for more information", "for help", "if you do so, please",
	"delete your own text", "attached returned message", "the mail system", "no action is required",
	"a message that you sent",
	"sent:", "to:", "subject:", "from:", "date:", "cc:", "message-id:", "recipients. this is", "its recipients",
	"recipients.", "this is a permanent error", "the original message was received", "from [", "message details",
	"original sender", "generating server", "diagnostic information for", "technical details", "message from",
	"hello", "dear", "regards", "thank you", "sincerely", "it's attached below", "sorry it didn't work out",
	"original message", "copyright", "рекомендуем", "это письмо создано", "к сожалению", "diese nachricht wurde",
	"ce message", "questo messaggio", "este mensaje", "esta mensagem", "dit is een automatisch", "dit bericht",
	"le message", "si vous", NULL };

static const char *const trailer[] = { "no action", "please", "if you", "for further", "for more", "for assistance",
	"the mail system", "regards", "best regards", "thank you", "additional information", "a message that you sent",
	"this message was created", "this is an automatic", "the attachment", "your original message", "a copy of",
	"you may", "you can", "note:", "bitte", "falls sie", "weitere informationen", "mit freundlichen", "neem ",
	"indien u", "als u ", "met vriendelijke", "veuillez", "si vous", "pour plus", "cordialement", "si prega",
	"per ulteriori", "cordiali", "por favor", "para obtener", "si necesita", "atentamente", "para mais", "se você",
	"рекомендуем", "если вы", "пожалуйста", "обратитесь", "с уважением", "ご不明", "詳細", "お問い合わせ", "请",
	"如果", "如有", "請", NULL };

/* Beginnings are enough: which of them it is, reply.c and outcome.c find out. */
static const char *const stage[] = { "in reply to ", "while sending ", "while receiving the initial",
	"while connecting", "while performing the ", "refused to talk", "after end of", "after pipelined ",
	"after rcpt to", "after mail from", "after data", "after ehlo", "after helo", "after initial connection",
	"initial connection", "initial greeting", "[rcpt_to]", "[mail_from]", "[data]", "connect to ",
	"rcpt to:", "rcpt to command", "rcpt to response", "rcpt_to", "rcpt command", "smtp:rcpt",
	"does not like recipient", "does not like sender", "sender was rejected", "mail from:", "mail from command",
	"mail from response", "mail_from", "mail command", "end of data", "end_of_data", "final data",
	"after i sent the message", "text command", "(text)", "accept your message (data)", "data command", ">>> data",
	"our data", "step: data", "ehlo", "helo", NULL };

static const char *const *const lists[CUE_COUNT] = {
	[CUE_DAEMON] = daemon_names,
	[CUE_SERVICE] = service_names,
	[CUE_SUBJECT_BOUNCE] = subject_bounce,
	[CUE_SUBJECT_DELAY] = subject_delay,
	[CUE_SUBJECT_ORDINARY] = subject_ordinary,
	[CUE_FAILURE] = failure,
	[CUE_WARNING] = warning,
	[CUE_DELAY] = delay,
	[CUE_FINAL] = final,
	[CUE_SUCCESS] = success,
	[CUE_HELD] = held,
	[CUE_GOODS] = goods,
	[CUE_MAIL] = mail,
	[CUE_RECIPIENT] = recipient_labels,
	[CUE_STRANGER] = strangers,
	[CUE_CONTACT] = contacts,
	[CUE_FORWARDED] = forwarded,
	[CUE_TRANSCRIPT] = transcript,
	[CUE_TRAILER] = trailer,
	[CUE_AFTERWORD] = afterword,
	[CUE_NOISE] = noise,
	[CUE_STAGE] = stage,
};

/* The whole of the line. */
static const char *const marker_lines[] = { "original message", "original mail", "original email", "original mail info",
	"original mail as follows", "original headers", "original header", "original message headers",
	"original message header", "returned message", "returned mail", "unsent message", "undelivered message",
	"forwarded message", "message header", "message headers", "headers of the original message", "message text",
	"body of the message", "ursprüngliche nachricht", "originalnachricht", "ursprüngliche nachrichtenkopfzeilen",
	"ursprüngliche kopfzeilen", "original-nachrichtenkopf", "oorspronkelijk bericht",
	"oorspronkelijke berichtkoppen", "oorspronkelijke berichtkop", "doorgestuurd bericht", "message d'origine",
	"message original", "en-têtes de message d'origine", "en-têtes du message d'origine", "en-têtes d'origine",
	"message transféré", "messaggio originale", "intestazioni originali del messaggio",
	"intestazioni messaggio originale", "intestazioni del messaggio originale", "mensaje original",
	"encabezados de mensajes originales", "encabezados del mensaje original", "encabezados de mensaje originales",
	"mensagem original", "cabeçalhos de mensagens originais", "cabeçalhos da mensagem original",
	"cabeçalhos de mensagem originais", "исходное сообщение", "исходные заголовки сообщения",
	"заголовки исходного сообщения", "заголовки исходных сообщений", "пересылаемое сообщение", "元のメッセージ",
	"元のメッセージ ヘッダー", "元のメッセージヘッダー", "元のメール", "メッセージ ヘッダー", "原始邮件", "原邮件",
	"原始邮件头", "原始邮件标题", "邮件原件", "原始郵件", "原始郵件標頭", "原邮件信息", NULL };

/* Its beginning. */
static const char *const marker_starts[] = { "contents of the original message", "here is your returned mail",
	"below the next line is a copy", "returned mail follows", "original message attached",
	"original message was attached", "end of message", "possibly truncated original", "the header and top",
	"ursprungligt meddelande", "oprindelig meddelelse", "alkuperäinen viesti", "oryginalna wiadomość",
	"původní zpráva", "message text follows", "transcript of the message", "first lines of your message",
	"start of the message", "below this line is a copy", "below is a copy of", "below is the original",
	"this is a copy of", "this is the original message", "enclosed is a copy", "enclosed is the original",
	"the header of the original", "the headers of the original", "original message follows",
	"original mail follows", "original message header follows", "message header follows", "message headers follow",
	"message headers of the original", "headers of the original message follow", "unsent message follows",
	"unsent message below", "undelivered message follows", "returned message follows",
	"the original message follows", "the original message is attached below", "the returned message follows",
	"the message header follows", "a copy of the original message below", "a copy of the message follows",
	"a copy of your message follows", "text of your message follows", "text of the original message",
	"copy of the original message", "copy of original message", "copy of your message",
	"beginning of original message", "begin original message", "begin forwarded message",
	"start of original message", "message text follows", "message follows", "no message was collected",
	"es folgt die", "die kopfzeilen der", "der header der ursprünglichen", "hieronder volgt",
	"ci-dessous une copie", "voici une copie", "di seguito una copia", "a continuación se", "segue abaixo",
	"далее следует копия", "копия исходного", "копия сообщения", "以下は元の", NULL };

static const char *const *const marker_lists[] = { marker_starts, marker_lines };

char *
cue_lower(const char *text)
{
	return g_str_is_ascii(text) ? g_ascii_strdown(text, -1) : g_utf8_strdown(text, -1);
}

static const Phrases *phrases, *markers; /* set once, by cues_init() */

void
cues_init(void)
{
	if (phrases == NULL)
		phrases = phrases_new(lists, CUE_COUNT);
	if (markers == NULL)
		markers = phrases_new(marker_lists, G_N_ELEMENTS(marker_lists));
}

CueSet
cues_in_line(const GString *lower, size_t begin, size_t size, CueSet *all)
{
	return phrases_find_in_line(phrases, lower->str + begin, size, lower->str + lower->len, all);
}

bool
cue_found(Cue cue, const char *lower)
{
	return phrases_find(phrases, lower, UINT64_C(1) << cue) != 0;
}

static bool
begins(const char *text, const char *phrase)
{
	return *text == *phrase && strncmp(text, phrase, strlen(phrase)) == 0;
}

bool
cue_begins(Cue cue, const char *lower)
{
	for (const char *const *phrase = lists[cue]; *phrase != NULL; phrase++)
		if (begins(lower, *phrase))
			return true;
	return false;
}

bool
cue_is_original_marker(const char *lower)
{
	return phrases_begin(markers, lower, 1 << 0, 1 << 1);
}
