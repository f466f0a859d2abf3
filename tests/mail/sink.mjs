// A mail server that keeps what it gets: `node sink.mjs plain|starttls|tls CERTIFICATE KEY`. Each
// message is a line of JSON on stdout, as a mail program understands it. Who it is for decides what
// becomes of it: gone@ is nobody, full@ has no room, silent@ is never answered, spam@ is refused
// once the message is there.
import { readFileSync } from "node:fs";
import { simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";

const [mode, certificate, keyFile] = process.argv.slice(2);
const refuse = (responseCode, text) => Object.assign(new Error(text), { responseCode });
const name = (address) => address.address.split("@")[0];

const server = new SMTPServer({
  cert: readFileSync(certificate),
  key: readFileSync(keyFile),
  secure: mode === "tls",
  authOptional: mode === "plain",
  disabledCommands: mode === "plain" ? ["STARTTLS", "AUTH"] : [],
  onAuth(auth, session, callback) {
    const isRight = auth.username === "ruck@example.org" && auth.password === "pass:wörd";
    callback(isRight ? null : refuse(535, "5.7.8 no"), { user: auth.username });
  },
  onRcptTo(address, session, callback) {
    if (name(address) === "silent") return;
    if (name(address) === "gone") return callback(refuse(550, `5.1.1 <${address.address}> is nobody`));
    if (name(address) === "full") return callback(refuse(452, "4.2.2 no room"));
    callback();
  },
  onData(stream, session, callback) {
    simpleParser(stream).then((mail) => {
      if (session.envelope.rcptTo.some((to) => name(to) === "spam")) return callback(refuse(554, "5.7.1 no"));
      const { subject, text, html, messageId, date } = mail;
      console.log(
        JSON.stringify({
          from: session.envelope.mailFrom.address,
          to: session.envelope.rcptTo.map((to) => to.address),
          headerFrom: mail.from.value[0],
          headerTo: mail.to.text,
          secure: session.secure,
          user: session.user ?? "",
          subject,
          text,
          html,
          messageId,
          date,
          list: mail.headers.get("list") ?? {},
          headers: mail.headerLines.map((each) => each.line),
        }),
      );
      callback();
    });
  },
});
server.on("error", () => {}); // clients break off
server.listen(0, "127.0.0.1", () => console.log(`port ${server.server.address().port}`));
