// Japanese: what doctor finds of certificate programs beside a plan or this relay; advice to publishers of TLSA records.

export const jaRenewal: Readonly<Record<string, string>> = {
  renewal: '更新',
  '{0}: servers wants an address, or address:port, not {1}':
    '{0}: servers にはアドレスか address:port を指定してください（{1} ではなく）',
  'a plan of tlsa rollover: whether another program would write its live files; default /etc/sekisho/rollover.toml':
    'tlsa rollover の計画: ほかのプログラムが使用中のファイルを書き換えないかを調べます。既定は /etc/sekisho/rollover.toml',
  '{0}: {1} itself replaces {2}, past the plan': '{0}: {1} 自身が計画を通さずに {2} を置き換えます',
  'let the services load a copy that only the install hook writes, and name that as live':
    'install フックだけが書き込む複製をサービスに読み込ませ、それを live に指定してください',
  '{0}: {1} writes {2} when {3} renews, past the plan': '{0}: {3} の更新時に {1} が計画を通さずに {2} へ書き込みます',
  'take that hook away: the plan installs and reloads when the records are everywhere':
    'そのフックを外してください: レコードが行き渡った時点で、計画が設置と再読み込みを行います',
  '{0}: {1} renews, and only the plan writes {2}': '{0}: {1} が更新し、{2} に書き込むのは計画だけです',
  '{0}: {1} replaces it; no answer for {2}': '{0}: {1} が置き換えます。{2} の応答がありません',
  'ask again later': '後でもう一度確認してください',
  '{0}: {1} replaces it, and {2} names this very certificate':
    '{0}: {1} が置き換えますが、{2} はこの証明書そのものを指しています',
  'publish 3 1 1 beside it, wait, and take it away; or change both with sekisho tlsa rollover':
    '3 1 1 を並べて公開し、待ってからそれを削除してください。または sekisho tlsa rollover で両方を変更してください',
  'set reuse_key = True in {0}, or change both with sekisho tlsa rollover':
    '{0} に reuse_key = True を設定するか、sekisho tlsa rollover で両方を変更してください',
  'set PRIVATE_KEY_RENEW="no" in {0}, or change both with sekisho tlsa rollover':
    '{0} に PRIVATE_KEY_RENEW="no" を設定するか、sekisho tlsa rollover で両方を変更してください',
  '{0}: {1} renews it and keeps the key that {2} names': '{0}: {1} が更新し、{2} が指す鍵はそのまま使われます',
  '{0}: {1} makes a new key at each renewal, and {2} names the old one':
    '{0}: {1} は更新のたびに鍵を新しくしますが、{2} は古い鍵を指しています',
  'make: the records once, at this name, and an alias at each owner':
    'make: レコードはこの名前に一度だけ置き、各所有者名は別名 (CNAME) にします',
  '--common wants a name, not {0}': '--common には名前を指定してください（{0} ではなく）',
  '--common goes with --form {0}': '--common は --form {0} とともに使います',
  '{0} {1} {2}: the certificate does not name {3}, and with usage 2 senders want that; a wildcard stands for one label':
    '{0} {1} {2}: 証明書に {3} の名前がありません。usage 2 では送信側がそれを求めます。ワイルドカードはラベル一つ分だけです',
  '{0}: the answer has about {1} octets; beyond {2} it comes in fragments that get lost, or by TCP: publish digests, and fewer of them':
    '{0}: 応答は約 {1} オクテットです。{2} を超えると、失われやすい断片か TCP になります: ダイジェストを少数だけ公開してください',
  'TTL {0}: a mistake, or a key that others know, lasts as long; a day is enough':
    'TTL {0}: 誤りや他人に知られた鍵もその間残ります。1 日で十分です',
  'the signature lasts {0} days, and as long somebody can show this record after it is gone; sign for a few weeks at most':
    '署名の有効期間が {0} 日あり、削除した後もその間はこのレコードを示せてしまいます。長くても数週間にしてください',
  '{0} {1} {2}: {3} share it, so whoever leads a client from one to another is not noticed; give services of different kinds keys of their own':
    '{0} {1} {2}: {3} が共有しているため、一方から他方へ誘導されても気付けません。種類の違うサービスには別々の鍵を使ってください',
  '{0} is not in {1}: whoever runs it publishes its records, in the zone of the host; sign {2}, so that senders believe its MX':
    '{0} は {1} の中にありません: レコードはそのホストの運用者が自分のゾーンで公開します。送信側が MX を信じられるよう {2} に署名してください',
  '{0} is a URL; the host name alone is wanted': '{0} は URL です。ホスト名だけを指定してください',
  '{0} is a mail address; --domain looks at the MX hosts of a domain':
    '{0} はメールアドレスです。--domain はドメインの MX ホストを調べます',
  '--{0} belongs to tlsa {1}, not to tlsa {2}': '--{0} は tlsa {1} のもので、tlsa {2} では使えません',
  'the addresses of {0} are unknown ({1})': '{0} のアドレスが分かりません（{1}）',
  'the key of {record} counts as known to others': '{record} の鍵は他人に知られたものとして扱います',
  '{0}; --memory names another file': '{0}。--memory で別のファイルを指定できます',
  'no resolver is fit: {0}': '使えるリゾルバがありません: {0}',
  'tlsa rollover wants plan, run, status or compromised, and the file of the plan, e.g. sekisho tlsa rollover plan /etc/sekisho/rollover.toml':
    'tlsa rollover には plan、run、status、compromised のいずれかと計画ファイルを指定してください。例: sekisho tlsa rollover plan /etc/sekisho/rollover.toml',
};
