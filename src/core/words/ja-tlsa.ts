// Japanese: TLSA records, their watch and their rollover.

export const jaTlsa: Readonly<Record<string, string>> = {
  '{0} has no address that can be used': '{0} には使えるアドレスがありません',
  '{0}:{1} showed no certificate ({2})': '{0}:{1} は証明書を示しませんでした（{2}）',
  'the greeting was {0} {1}': '最初の挨拶が {0} {1} でした',
  'bytes stood behind the 220 to STARTTLS': 'STARTTLS への 220 の後ろに余分なバイトがありました',
  'no STARTTLS is offered': 'STARTTLS が提示されていません',
  'the MX hosts of {0} are unknown ({1})': '{0} の MX ホストが分かりません（{1}）',
  'only records that mail senders may not use are published (RFC 7672 §3.1)':
    'メールの送信側が使えないレコードだけが公開されています (RFC 7672 §3.1)',
  'the TLSA question got no answer that counts ({0}): mail waits':
    'TLSA の問い合わせに有効な応答がありません（{0}）: メールは待機します',
  'the look-up got no answer that counts ({0})': '問い合わせに有効な応答がありません（{0}）',
  'records are there, but not proven by DNSSEC: senders ignore them':
    'レコードはありますが DNSSEC で証明されていません: 送信側は無視します',
  'no TLSA record is published': 'TLSA レコードは公開されていません',
  'mail senders may not use these records (RFC 7672 §3.1)':
    'メールの送信側はこれらのレコードを使えません (RFC 7672 §3.1)',
  'the path to the issuer could not be verified': '発行者へのパスを検証できませんでした',
  'a look at a server came to no end': 'サーバーの確認が終わりませんでした',
  'there is nothing to compare the certificate with': '証明書と比べるものがありません',
  'matches {0}': '{0} と一致',
  'not every combination of the records matches what the server presents':
    'レコードの組み合わせの一部が、サーバーの提示するものと一致しません',
  'the server could not be asked at every address': 'すべてのアドレスのサーバーには確認できませんでした',
  'certificate matches every combination of the TLSA records': '証明書は TLSA レコードのすべての組み合わせと一致します',
  'without SNI': 'SNI なし',
  'tlsa check wants a host, host:port or --domain, e.g. sekisho tlsa check mx.example.org':
    'tlsa check にはホスト、host:port、または --domain を指定してください。例: sekisho tlsa check mx.example.org',
  '--chain goes with --cert': '--chain は --cert とともに使います',
  '{0}: no certificate is in it': '{0}: 証明書が入っていません',
  'published, proven by DNSSEC': '公開済み、DNSSEC で証明済み',
  'published, but unusable for mail': '公開済みですが、メールには使えません',
  'NOT published: the answer is insecure': '公開されていません: 応答は insecure です',
  'not published': '公開されていません',
  'not to be had': '取得できません',
  'as given with --record': '--record で指定されたもの',
  ', TTL {0}': '、TTL {0}',
  'unusable for mail': '   メールには使えません',
  'what is presented is   {0} IN TLSA {1}': '提示されているものは   {0} IN TLSA {1}',
  'tlsa make takes flags only, not {0}': 'tlsa make に指定できるのはオプションだけです（{0} ではなく）',
  '--protocol wants tcp, udp or sctp': '--protocol には tcp、udp、sctp のいずれかを指定してください',
  '--ttl wants seconds, or 1h, not {0}': '--ttl には秒数か 1h の形を指定してください（{0} ではなく）',
  '--form wants one of {0}': '--form には次のいずれかを指定してください: {0}',
  '--zone {0} is no domain': '--zone {0} はドメインではありません',
  '--{0} wants 0 to {1}, not {2}': '--{0} には 0 から {1} を指定してください（{2} ではなく）',
  '--form {0} wants an owner: name the MX host with --host, or the mail domain with --domain':
    '--form {0} には所有者名が必要です: --host で MX ホスト、または --domain でメールドメインを指定してください',
  'the record made names something else: {0}': '作成したレコードが別のものを指しています: {0}',
  'TTL {0}: keep it at 300 to 3600 until it has proven itself, later at most a day':
    'TTL {0}: 安定するまでは 300 から 3600、その後も 1 日以内にしてください',
  'publish {count} new, all old ones stay': '新しいもの {count} 件を公開し、古いものはすべて残します',
  'take away {count} old, the live certificate was seen on every address':
    '古いもの {count} 件を削除します。使用中の証明書はすべてのアドレスで確認済みです',
  'take away all {count}: DANE ends here; TLS and keys stay as they are until the wait is over':
    '{count} 件すべてを削除します: ここで DANE を終了します。待ち時間が終わるまで TLS と鍵はそのままにしてください',
  'take away the record of a key that others know, at once': '他人に知られた鍵のレコードを直ちに削除します',
  'install the new certificate: it has the same key, no record changes':
    '新しい証明書を設置します: 同じ鍵なので、レコードは変わりません',
  'install the new certificate: its records have been everywhere for long enough':
    '新しい証明書を設置します: そのレコードは十分長く行き渡っています',
  'install the replacement at once': '代わりのものを直ちに設置します',
  'install the new certificate: there is no record that it could contradict':
    '新しい証明書を設置します: 矛盾するレコードはありません',
  'reload the services: they do not show the live file':
    'サービスを再読み込みします: 使用中のはずのファイルを提示していません',
  'wait until {until}: caches may still hold the old records before that':
    '{until} まで待ちます: それまでは古いレコードがキャッシュに残っている可能性があります',
  'wait for the name servers: {where}': 'ネームサーバーを待ちます: {where}',
  'nothing to do': 'することはありません',
  'ask for a new certificate': '新しい証明書を要求します',
  'REFUSED: not every server has the new records: {where}': '拒否: 新しいレコードを持たないサーバーがあります: {where}',
  'REFUSED: the key does not belong to the new certificate': '拒否: 鍵が新しい証明書のものではありません',
  'REFUSED: the new certificate lacks {where}': '拒否: 新しい証明書に {where} がありません',
  'REFUSED: the new certificate is not valid now': '拒否: 新しい証明書は現在有効ではありません',
  'REFUSED: the chain has nothing for one of the combinations {where}; take it out of the records first':
    '拒否: チェーンに組み合わせ {where} に当たるものがありません。先にレコードから外してください',
  'REFUSED: the key is known to others and there is no certificate with another one; ask for one now':
    '拒否: 鍵が他人に知られており、別の鍵の証明書がありません。今すぐ要求してください',
  'could not tell, nothing is done: {where}': '判断できないため、何も行いません: {where}',
  'could not look at every address, nothing is done: {where}':
    'すべてのアドレスを確認できないため、何も行いません: {where}',
  'the live certificate ends on {until}; its renewal is due':
    '使用中の証明書は {until} に期限が切れます。更新の時期です',
  'the live certificate ends on {until}, and a new key no longer fits into the wait before that; keep the key, or begin earlier':
    '使用中の証明書は {until} に期限が切れますが、それまでに新しい鍵の待ち時間を確保できません。鍵を維持するか、早めに始めてください',
  'until {until} caches may hold what was taken away: senders that know only that record defer their mail. As long as its signature lasts (RRSIG), whoever has the key can still show the old record to others':
    '{until} までは、削除したものがキャッシュに残っている可能性があります: そのレコードしか知らない送信側はメールを保留します。署名 (RRSIG) が有効な間は、鍵を持つ者が古いレコードを他人に示すことができます',
  'by hand: {act}; there is no hook for it in the plan': '手作業: {act}。計画にこのためのフックがありません',
  'the {hook} hook failed: {says}': '{hook} フックが失敗しました: {says}',
  'the hook ended well, and nothing changed: {act}': 'フックは正常に終わりましたが、何も変わっていません: {act}',
  'next: run again at {until}, or at any time before that; nothing happens too early':
    '次: {until}、またはその前のいつでも再実行してください。早すぎても何も起きません',
  'the key of {record} counts as known to others; run the plan now':
    '{record} の鍵は他人に知られたものとして扱います。今すぐ計画を実行してください',
  'tlsa rollover compromised wants one --lineage': 'tlsa rollover compromised には --lineage を一つ指定してください',
  'there is no lineage {0} in the plan; there is {1}': '計画にリネージ {0} はありません。あるのは {1} です',
  'tlsa make wants --certificate, --key, --csr, --server host:port or --domain':
    'tlsa make には --certificate、--key、--csr、--server host:port、--domain のいずれかを指定してください',
  '{0}: no certificate is in it; {1} reads it': '{0}: 証明書が入っていません。{1} なら読めます',
  'no certificate request': '証明書署名要求がありません',
  'no key': '鍵がありません',
  '; --certificate reads it': '。--certificate なら読めます',
  '{0}: {1} is in it{2}': '{0}: {1} が入っています{2}',
  '{0} has no MX host ({1})': '{0} には MX ホストがありません（{1}）',
  '{0}: the certificate cannot be read': '{0}: 証明書を読み取れません',
  'the certificate does not match what is published: {says}': '証明書が公開されているものと一致しません: {says}',
  'no record that counts is published: {says}': '有効なレコードが公開されていません: {says}',
  'DNSSEC is broken, mail waits: {says}': 'DNSSEC が壊れており、メールが待機します: {says}',
  'the certificate ends soon: {says}': '証明書の期限がまもなく切れます: {says}',
  'a DNSSEC signature ends soon: {says}': 'DNSSEC の署名の期限がまもなく切れます: {says}',
  'the name servers are out of step: {says}': 'ネームサーバーの内容が揃っていません: {says}',
  'STARTTLS is offered at one contact and not at another, which DANE senders take for an attack: {says}':
    'STARTTLS が提示される接続とされない接続があり、DANE の送信側は攻撃とみなします: {says}',
  'the MX set is another one: {says}': 'MX の集合が変わりました: {says}',
  'senders with MTA-STS would not deliver: {says}': 'MTA-STS を使う送信側は配送しません: {says}',
  'reports were asked for and are no longer: {says}': '求められていたレポートが求められなくなりました: {says}',
  'the key that signs reports is not published: {says}': 'レポートに署名する鍵が公開されていません: {says}',
  'for several rounds nothing could be told: {says}': '何度調べても判断できませんでした: {says}',
  'could not tell: {subject}: {says}': '判断できず: {subject}: {says}',
  'all is well: {count} watched': 'すべて正常です: 監視対象 {count}',
  'an alarm could not be handed on: {says}': '警報を渡せませんでした: {says}',
  '--every wants a duration such as 15m, not {0}': '--every には 15m のような時間を指定してください（{0} ではなく）',
  '--repeat wants a duration such as 24h, not {0}': '--repeat には 24h のような時間を指定してください（{0} ではなく）',
  '--mail wants an address, not {0}': '--mail にはアドレスを指定してください（{0} ではなく）',
  'a port is 1 to 65535, not {0}': 'ポートは 1 から 65535 です（{0} ではなく）',
  '{0} is no host name': '{0} はホスト名ではありません',
  '{0} is an address; TLSA records belong to host names': '{0} はアドレスです。TLSA レコードはホスト名に置くものです',
  '{0} is no host:port': '{0} は host:port の形ではありません',
  'tlsa wants make, check, watch or rollover': 'tlsa には make、check、watch、rollover のいずれかを指定してください',
  'there is no {0}; make, check, watch and rollover are':
    '{0} はありません。make、check、watch、rollover のいずれかです',
  '{0}: another run is under way': '{0}: 別の実行が進行中です',
  'live names {0}, which the certificate program itself replaces: a renewal would go live before its record; let the services load a file of their own':
    'live が {0} を指していますが、これは証明書プログラム自身が置き換えるファイルです: 更新がレコードより先に公開されてしまいます。サービスには専用のファイルを読ませてください',
  '{0} (live: what the services load; the first certificate is put there by hand)':
    '{0}（live: サービスが読むファイル。最初の証明書は手作業で置きます）',
  '{0}: no key is in it': '{0}: 鍵が入っていません',
  'no name server of the zone has an address': 'ゾーンのどのネームサーバーにもアドレスがありません',
  '{0} ended with {1}{2}': '{0} が {1} で終わりました{2}',
  '{0}: this is no memory of alarms; remove it': '{0}: これは警報の記録ではありません。削除してください',
  '{0} ended with {1}': '{0} が {1} で終わりました',
  '{0} has no host to look at ({1})': '{0} には調べるホストがありません（{1}）',
  'the file is empty; a plan has at least one [[lineage]]': 'ファイルが空です。計画には [[lineage]] が一つ以上必要です',
  'the plan': '計画',
  'a plan has at least one [[lineage]]': '計画には [[lineage]] が一つ以上必要です',
  'two lineages are called {0}': '{0} というリネージが二つあります',
  'line {0}: this is no TOML: {1}': '{0} 行目: TOML ではありません: {1}',
  'a lineage has a name of letters, digits, dots and hyphens, not {0}':
    'リネージの名前は英数字、ドット、ハイフンです（{0} ではなく）',
  'lineage {0}': 'リネージ {0}',
  '{0}: services wants at least one "mx.example.org:25"':
    '{0}: services には "mx.example.org:25" の形が一つ以上必要です',
  '{0}: live wants the file with the chain that the services load':
    '{0}: live にはサービスが読むチェーンのファイルを指定してください',
  '{0}: layout is certbot, dehydrated or files, not {1}':
    '{0}: layout は certbot、dehydrated、files のいずれかです（{1} ではなく）',
  '{0}: source wants the folder of the certificate program, or chain and key want files':
    '{0}: source には証明書プログラムのフォルダーを、または chain と key にファイルを指定してください',
  '{0}: services wants "mx.example.org:25", or "www.example.org:443/tls", not {1}':
    '{0}: services には "mx.example.org:25" か "www.example.org:443/tls" を指定してください（{1} ではなく）',
  '{0}: {1} is no host name': '{0}: {1} はホスト名ではありません',
  '{0}: records wants texts such as "3 1 1", not {1}':
    '{0}: records には "3 1 1" のような文字列を指定してください（{1} ではなく）',
  '{0}: hooks is a table': '{0}: hooks はテーブルです',
  '{0}: hooks.{1} is a program, or a list of a program and its arguments':
    '{0}: hooks.{1} はプログラム、またはプログラムと引数のリストです',
  '{0}: {1} wants a duration such as "12h", not {2}':
    '{0}: {1} には "12h" のような時間を指定してください（{2} ではなく）',
  '{0}: {1} is a text': '{0}: {1} は文字列です',
  '{0}: {1} is a list of texts': '{0}: {1} は文字列のリストです',
  '{0}: there is no {1}; there is {2}': '{0}: {1} はありません。あるのは {2} です',
  'a dash in the text is typographic; TLSA records have none':
    '文字列のダッシュが文書用の記号です。TLSA レコードには使われません',
  'this is no TLSA record: usage, selector, matching type and hexadecimal digits are wanted':
    'TLSA レコードではありません: 用途、セレクター、照合方式と 16 進数が必要です',
  'a TLSA record has at least three octets': 'TLSA レコードは 3 オクテット以上です',
  'the length says {0} octets, and {1} stand there': '長さは {0} オクテットとありますが、実際は {1} です',
  'usage {0} is none of 0, 1, 2, 3': '用途 {0} は 0、1、2、3 のいずれでもありません',
  'selector {0} is neither 0 nor 1': 'セレクター {0} は 0 でも 1 でもありません',
  'matching type {0} is none of 0, 1, 2': '照合方式 {0} は 0、1、2 のいずれでもありません',
  'an odd number of hexadecimal digits: one is missing': '16 進数の桁数が奇数です: 1 桁足りません',
  'matching type {0} has {1} octets, and {2} stand there': '照合方式 {0} は {1} オクテットですが、実際は {2} です',
  'selector 0 is of the whole certificate, and a key has none: use --certificate':
    'セレクター 0 は証明書全体を対象とし、鍵だけでは作れません: --certificate を使ってください',
  'mail senders treat usage {0} as unusable; use 3, or 2 for an issuer':
    'メールの送信側は用途 {0} を使えないものとして扱います。3 を、発行者なら 2 を使ってください',
  'the server must send this certificate in its chain, and was not asked; try sekisho tlsa check':
    'サーバーはチェーンでこの証明書を送る必要がありますが、確認していません。sekisho tlsa check で確かめてください',
  'the server does not send this certificate, so no sender will match the record':
    'サーバーがこの証明書を送らないため、どの送信側でもレコードは一致しません',
  "Let's Encrypt changes its issuing certificates without notice; 3 1 1 with a kept key does not break":
    "Let's Encrypt は発行用の証明書を予告なく変えます。鍵を維持した 3 1 1 なら壊れません",
  'type 0 puts the whole certificate or key into DNS; a digest does as well':
    '方式 0 は証明書や鍵の全体を DNS に入れます。ダイジェストで十分です',
  'the certificate lives {0} days, and the record must change with each renewal; selector 1 need not':
    '証明書の有効期間は {0} 日で、更新のたびにレコードも変える必要があります。セレクター 1 ならその必要はありません',
  'only the key of the issuer is named: any certificate with that key will do, without its limits; 2 0 1 is meant':
    '発行者の鍵だけを指しています: その鍵の証明書なら制限なく通ります。2 0 1 が適切です',
  'the file is empty': 'ファイルが空です',
  'a PEM block has no end': 'PEM ブロックに終わりがありません',
  'more than {0} PEM blocks': 'PEM ブロックが {0} 個を超えています',
  'neither certificate nor key is in the file': 'ファイルに証明書も鍵も入っていません',
  'the {0} block is no base64': '{0} ブロックが base64 ではありません',
  'the request cannot be read': '署名要求を読み取れません',
  'a certificate in the file cannot be read': 'ファイルの証明書を読み取れません',
  'the private key is encrypted; its certificate, request or public key does as well and needs no password':
    '秘密鍵が暗号化されています。証明書、署名要求、公開鍵でも足り、パスワードは不要です',
  'this is no certificate, request or key, neither in PEM nor in DER':
    'PEM でも DER でも、証明書、署名要求、鍵ではありません',
  'the {0} cannot be read': '{0} を読み取れません',
  'would {act}': '実行予定: {act}',
  'state {phase}': '状態 {phase}',
  'ALARM     {subject}: {what}': '警報      {subject}: {what}',
  'STILL     {subject}: {what} (since {since})': '継続中    {subject}: {what}（{since} から）',
  'RECOVERED {subject}: {what} (since {since})': '復旧      {subject}: {what}（{since} から）',
  'full name': '完全な名前',
  '{0}, TTL {1}': '{0}、TTL {1}',
  '{0} without SNI': '{0}（SNI なし）',
  '{0}; presented {1}': '{0}。提示されたもの {1}',
  'tlsa watch wants a host, host:port or --domain, e.g. sekisho tlsa watch mx.example.org':
    'tlsa watch にはホスト、host:port、または --domain を指定してください。例: sekisho tlsa watch mx.example.org',
};
