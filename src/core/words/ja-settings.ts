// Japanese: settings and their faults, what doctor and the status page find.

export const jaSettings: Readonly<Record<string, string>> = {
  'the keys of {0}': '{0} の鍵',
  'the name servers of {0}': '{0} のネームサーバー',
  'the absence of {0}': '{0} の不在',
  'proves {0} and absence below it': '{0} とその下の不在を証明できます',
  'does not accept EDNS, so DNSSEC cannot pass through it: {0}': 'EDNS を受け付けないため、DNSSEC が通りません: {0}',
  'answers without EDNS, so DNSSEC cannot pass through it': 'EDNS なしで応答するため、DNSSEC が通りません',
  'does not answer for {0}: {1}': '{0} に応答しません: {1}',
  'cannot prove {0}: {1}': '{0} を証明できません: {1}',
  'its keys fit no trust anchor: the anchors are wrong or old, or somebody else answers':
    '鍵がどのトラストアンカーにも合いません: アンカーが誤っているか古い、または別の者が応答しています',
  'it drops signatures': '署名を落とします',
  'it drops keys': '鍵を落とします',
  'it drops proofs of absence': '不在の証明を落とします',
  "signatures are over, if it is {0} as this machine's clock says":
    'このマシンの時計のとおり {0} なら、署名の期限が切れています',
  "signatures are not valid yet, if it is {0} as this machine's clock says":
    'このマシンの時計のとおり {0} なら、署名の有効期間がまだ始まっていません',
  'no answer for the TXT records of {0} ({1})': '{0} の TXT レコードに応答がありません（{1}）',
  '{0} publishes no SPF record': '{0} は SPF レコードを公開していません',
  '{0} publishes {1} SPF records': '{0} は SPF レコードを {1} 件公開しています',
  '{0}: the term {1} cannot be read': '{0}: 項 {1} を読み取れません',
  '{0}: no term names the address': '{0}: どの項もこのアドレスに当たりません',
  'redirect={0} was not followed': 'redirect={0} はたどっていません',
  '{0}:{1}{2} is no range': '{0}:{1}{2} は範囲ではありません',
  'include:{0} was not followed': 'include:{0} はたどっていません',
  'the term {0} is not judged here': '項 {0} はここでは判断しません',
  'a:{0} was not looked up': 'a:{0} は引いていません',
  'mx:{0} was not looked up': 'mx:{0} は引いていません',
  'no answer for the MX records of {0} ({1})': '{0} の MX レコードに応答がありません（{1}）',
  'no answer for the addresses of {0} ({1})': '{0} のアドレスに応答がありません（{1}）',
  '{0} MB free in {1}': '{1} の空き容量は {0} MB です',
  '{0}, below queue.min_free: mail is refused with 452':
    '{0}。queue.min_free を下回っています: メールは 452 で拒否されます',
  'tlsrpt.dkim is not whole': 'tlsrpt.dkim の設定が揃っていません',
  'set tlsrpt.dkim to domain, selector and key': 'tlsrpt.dkim に domain、selector、key を設定してください',
  'tlsrpt.dkim.key names a private key in PEM that this user may read':
    'tlsrpt.dkim.key には、このユーザーが読める PEM の秘密鍵を指定してください',
  'publish at {0}: {1}': '{0} に公開してください: {1}',
  'no answer for {0} ({1})': '{0} に応答がありません（{1}）',
  '{0} has no TXT record': '{0} に TXT レコードがありません',
  'it can be read, and {0} shows its public half': '読み取ることができ、その公開鍵が {0} に公開されています',
  '{0} shows another key': '{0} には別の鍵が公開されています',
  'the file of tlsrpt.dkim.key holds no private key in PEM':
    'tlsrpt.dkim.key のファイルに PEM の秘密鍵が入っていません',
  'mend the resolver first: use one that passes DNSSEC on, such as a local unbound':
    '先にリゾルバーを直してください: ローカルの unbound など、DNSSEC を通すものを使ってください',
  'a name such as example.org is wanted': 'example.org のような名前を指定してください',
  'leave --no-connect away': '--no-connect を外してください',
  'behind NAT set delivery.source_addresses, or look at the address that others see by hand':
    'NAT の内側では delivery.source_addresses を設定するか、外から見えるアドレスを手作業で確認してください',
  'sign the zone first: senders ignore TLSA records in one that is not':
    '先にゾーンを署名してください: 署名のないゾーンの TLSA レコードは送信側が無視します',
  'see sekisho dns {0} {1}, or ask again later': 'sekisho dns {0} {1} を参照するか、後でもう一度試してください',
  'see sekisho trace --host {0}; port 25 may be closed on the way, or there':
    'sekisho trace --host {0} を参照してください。25 番ポートが途中か相手側で閉じている可能性があります',
  'see sekisho tlsa check {0}': 'sekisho tlsa check {0} を参照してください',
  'not tested: no resolver is fit to find a mail host': '未検査: メールホストを見つけられるリゾルバーがありません',
  '{0} is no name': '{0} は名前ではありません',
  '{0}, and should be {1}': '{0} ですが、{1} でなければなりません',
  'another name server may answer differently; see sekisho dns':
    '別のネームサーバーでは応答が異なる可能性があります。sekisho dns を参照してください',
  'not tested: --no-connect': '未検査: --no-connect',
  '{0} has no mail host here': '{0} にはここで使えるメールホストがありません',
  '{0} answers ({1})': '{0} が応答しました（{1}）',
  'not tested: {0}': '未検査: {0}',
  'many networks block it: ask the provider, or route everything through a host that may (config route.via)':
    '多くのネットワークで閉じられています: プロバイダーに確認するか、接続できるホストを経由させてください（設定 route.via）',
  'this machine has no public address of its own': 'このマシン自身には公開アドレスがありません',
  'whoever gave out {0} can set its reverse name to {1}; identity.hostname must be that name':
    '{0} を割り当てた事業者に、逆引き名を {1} にするよう依頼してください。identity.hostname もその名前にします',
  'no answer for the reverse name of {0}': '{0} の逆引きに応答がありません',
  '{0} has no reverse name': '{0} に逆引き名がありません',
  '{0} is {1}, and EHLO says {2}': '{0} は {1} ですが、EHLO では {2} と名乗ります',
  'no answer for the addresses of {0}': '{0} のアドレスに応答がありません',
  '{0} and {1} name each other': '{0} と {1} は互いに一致します',
  '{0} is {1}, but {2} is not {3}': '{0} は {1} ですが、{2} は {3} ではありません',
  'give {0} an address record of {1}': '{0} に {1} のアドレスレコードを追加してください',
  '{0} may send for {1} ({2})': '{0} は {1} のメールを送れます（{2}）',
  '{0} is not allowed to send for {1} ({2})': '{0} は {1} のメールを送ることを許されていません（{2}）',
  'add {0}:{1} to the SPF record of {2}': '{2} の SPF レコードに {0}:{1} を追加してください',
  '{0} has no MX host to look at ({1})': '{0} には調べる MX ホストがありません（{1}）',
  '{0} is signed, and its parent vouches for it': '{0} は署名済みで、親ゾーンが保証しています',
  'no answer for {0}': '{0} に応答がありません',
  '{0} is not secure ({1}): senders ignore TLSA records there':
    '{0} は secure ではありません（{1}）: そこの TLSA レコードは送信側が無視します',
  'sign the zone and hand its DS record to the registrar; see sekisho dns for the step that is missing':
    'ゾーンを署名し、DS レコードをレジストラに登録してください。足りない段階は sekisho dns で分かります',
  '{0} is bogus ({1}): mail waits': '{0} が bogus です（{1}）: メールは待機します',
  'see sekisho dns': 'sekisho dns を参照してください',
  '{0} is this machine': '{0} はこのマシンです',
  '{0} is not known to be this machine': '{0} がこのマシンかどうか分かりません',
  '{0} was not reached': '{0} に接続できませんでした',
  '{0} offers it at every address, with and without SNI':
    '{0} は SNI の有無にかかわらず、すべてのアドレスで提示しています',
  'offer STARTTLS to everybody and always before any TLSA record is published (RFC 7672 §2.2)':
    'TLSA レコードを公開する前に、STARTTLS をすべての相手に常に提示してください (RFC 7672 §2.2)',
  '{0}: published, and every combination matches': '{0}: 公開済みで、すべての組み合わせが一致します',
  '{0}: none yet': '{0}: まだありません',
  '{0} is no full name, and many receivers refuse it': '{0} は完全な名前ではなく、多くの受信側が拒否します',
  'set identity.hostname to the name that the reverse DNS of this machine says':
    'identity.hostname を、このマシンの逆引き名に設定してください',
  '{0} is before this version was made; signatures cannot be judged':
    '{0} はこのバージョンの作成日より前です。署名を判断できません',
  'set the clock, best by NTP': '時計を合わせてください。NTP が最適です',
  'make room, or lower queue.min_free': '容量を空けるか、queue.min_free を下げてください',
  'pkg install ca_root_nss, or certctl rehash; or set tls.trust_store':
    'pkg install ca_root_nss か certctl rehash を実行するか、tls.trust_store を設定してください',
  'it belongs to the base system: /etc/ssl/cert.pem; or set tls.trust_store':
    '基本システムの /etc/ssl/cert.pem に含まれます。または tls.trust_store を設定してください',
  'install the package ca-certificates; or set tls.trust_store':
    'ca-certificates パッケージをインストールするか、tls.trust_store を設定してください',
  '{0} holds no certificate: WebPKI never succeeds': '{0} に証明書がありません: WebPKI の検証は成功しません',
  '{0} authorities from {1}': '{1} の認証局 {0} 件',
  '{0}: this system has no bundle': '{0}: このシステムにはバンドルがありません',
  'built in: root keys 20326 and 38696': '組み込み: ルート鍵 20326 と 38696',
  'use a resolver that passes DNSSEC on, such as a local unbound; nothing is delivered through this one':
    'ローカルの unbound など、DNSSEC を通すリゾルバーを使ってください。このリゾルバーでは何も配送されません',
  'switched off by mta_sts.enabled': 'mta_sts.enabled により無効です',
  '{0}: {1} ignored until {2} ({3})': '{0}: {2} まで {1} を無視（{3}）',
  '{0} ignored for this message: {1}': 'このメッセージでは {0} を無視: {1}',
  'draining, nothing is accepted any more': '終了処理中のため、もう受け付けません',
  '{0} carries DNSSEC': '{0} は DNSSEC を通します',
  'the exam is under way': '検査の途中です',
  'cannot carry DNSSEC, nothing is delivered: {0}': 'DNSSEC を通せないため、何も配送されません: {0}',
  'in force': '有効です',
  '{0} is no mail address ({1})': '{0} はメールアドレスではありません（{1}）',
  'the message was not queued: {0}': 'メッセージをキューに入れられませんでした: {0}',
  '{0} is not loopback, so admin.token is wanted': '{0} はループバックではないため admin.token が必要です',
  '{0} is no IP address': '{0} は IP アドレスではありません',
  '{0} is no host name ({1})': '{0} はホスト名ではありません（{1}）',
  '{0} is no domain ({1}); set it beside an address literal':
    '{0} はドメインではありません（{1}）。アドレスリテラルとともに設定してください',
  '{0} is no address ({1})': '{0} はアドレスではありません（{1}）',
  'is empty, and so is /etc/resolv.conf': '空で、/etc/resolv.conf も空です',
  'mode "trust-ad" believes what the server says, and {0} is not on this machine; use a loopback server, DNS over TLS (tls://address#name), or mode "validate"':
    '"trust-ad" モードはサーバーの応答を信じますが、{0} はこのマシン上にありません。ループバックのサーバー、DNS over TLS (tls://address#name)、または "validate" モードを使ってください',
  'does not hold "user:password"': '"user:password" が入っていません',
  '{0} has other credentials in another route': '{0} には別の経路で異なる認証情報があります',
  '{0} is not "sqlite:/absolute/path"; postgres is not served by this version':
    '{0} は "sqlite:/absolute/path" の形ではありません。このバージョンは postgres に対応していません',
  'state directory': '状態ディレクトリー',
  '{0} cannot be written ({1}); set $STATE_DIRECTORY or queue.url to a place that can':
    '{0} に書き込めません（{1}）。書き込める場所を $STATE_DIRECTORY または queue.url に設定してください',
  'the variable {0} is not set': '変数 {0} が設定されていません',
  'credential:{0} is wanted, but $CREDENTIALS_DIRECTORY is not set; use file: outside systemd':
    'credential:{0} が指定されていますが、$CREDENTIALS_DIRECTORY が設定されていません。systemd の外では file: を使ってください',
  'cannot be read: {0}': '読み取れません: {0}',
  'no such file; name an existing one with -c': 'そのファイルはありません。既存のものを -c で指定してください',
  'is no TOML: {0}': 'TOML ではありません: {0}',
  'is no setting{0}': 'という設定はありません{0}',
  'and {0} are both set; keep one': 'と {0} の両方が設定されています。一方だけにしてください',
  'is a list of tables, each written under [[{0}]]': 'はテーブルのリストです。それぞれ [[{0}]] の下に書いてください',
  'is missing': 'がありません',
  'TLS reports are not sent by this version; set it to false':
    'このバージョンは TLS レポートを送りません。false にしてください',
  'Ready-made policy from policies/.': 'policies/ にある既製のポリシー。',
  'Threads that take mail in and send it out; 0: one for each core, four at most.':
    'メールの受信と送信を行うスレッドの数。0 はコアごとに一つ、最大四つ。',
  "EHLO name; without one the machine's full name is used, or an address literal with a loud warning.":
    'EHLO 名。なければこのマシンの完全な名前、それもなければ目立つ警告とともにアドレスリテラルを使います。',
  'Domain for addresses without one on submission listeners; default: hostname.':
    'submission リスナーで、ドメインのないアドレスに付けるドメイン。既定は hostname。',
  'Further names that are this relay, for loop detection.':
    'この中継サーバー自身を指すその他の名前。ループの検出に使います。',
  'Mailbox for <Postmaster> and in the From field of bounces; default: postmaster at the origin.':
    '<Postmaster> と差し戻し通知の From フィールドのメールボックス。既定は origin の postmaster。',
  'Name in logs; default: the address.': 'ログでの名前。既定はアドレス。',
  'A relay listener touches nothing; a submission listener completes addresses and adds Date and Message-ID.':
    'relay リスナーは何も変更しません。submission リスナーはアドレスを補い、Date と Message-ID を加えます。',
  'Where to listen.': '待ち受けるアドレス。',
  'Ranges that may relay without AUTH; empty means nobody; "private" is RFC 1918, ULA and loopback.':
    'AUTH なしで中継できる範囲。空なら誰も中継できません。"private" は RFC 1918、ULA、ループバックです。',
  'STARTTLS is offered when a certificate is configured.': '証明書が設定されていれば STARTTLS を提示します。',
  'SHA-256 of client keys that may relay, in hex.': '中継を許すクライアントの鍵の SHA-256（16 進数）。',
  'PEM file of the authorities whose clients may relay; reloaded when it changes.':
    '中継を許すクライアントの認証局の PEM ファイル。変更されると読み直します。',
  'PEM file with the chain, or "self-signed"; reloaded when it changes.':
    'チェーンの PEM ファイル、または "self-signed"。変更されると読み直します。',
  'Private key of the certificate.': '証明書の秘密鍵。',
  'How clients outside the ranges may earn the right to relay.': '範囲外のクライアントが中継の権利を得る方法。',
  'File with one "name:sha-256 or scrypt hash" per line, for auth = "password".':
    'auth = "password" のための、1 行に一つの "name:sha-256 または scrypt ハッシュ" を持つファイル。',
  'REQUIRETLS is offered inside TLS only.': 'REQUIRETLS は TLS の中でのみ提示します。',
  'Bare CR or LF in mail from the clients ranges; all others are refused.':
    'clients の範囲からのメールにある単独の CR または LF の扱い。それ以外からはすべて拒否します。',
  'Announced as SIZE.': 'SIZE として告げる値。',
  'Recipients in one transaction; more get 452.': '一つのトランザクションの宛先の数。超えると 452 を返します。',
  'validate: DNSSEC in-process; trust-ad: believe a resolver on loopback or behind TLS.':
    'validate: DNSSEC をプロセス内で検証。trust-ad: ループバックまたは TLS の先のリゾルバーを信じます。',
  'Recursive servers, "ip[:port]" or "tls://ip[:port]#name" for DNS over TLS; default: /etc/resolv.conf.':
    '再帰サーバー。"ip[:port]"、DNS over TLS は "tls://ip[:port]#name"。既定は /etc/resolv.conf。',
  'builtin, a file (root-anchors.xml, DS or DNSKEY lines), or inline DS lines.':
    'builtin、ファイル（root-anchors.xml、DS または DNSKEY の行）、または DS の行そのもの。',
  'Accept DNSSEC algorithms 5 and 7 and SHA-1 DS digests.':
    'DNSSEC アルゴリズム 5 と 7、SHA-1 の DS ダイジェストを受け入れます。',
  'Names served only inside: system resolver, always insecure.':
    '内部でのみ引ける名前: システムのリゾルバーを使い、常に insecure です。',
  'Lowest TLS version in both roles.': '送信側と受信側の両方での最低の TLS バージョン。',
  'system, builtin, a PEM bundle, or a hashed directory.':
    'system、builtin、PEM バンドル、またはハッシュ形式のディレクトリー。',
  'PEM, leaf first: shown to hosts that ask for a client certificate. It may be that of a listener.':
    'PEM、リーフが先頭。クライアント証明書を求めるホストに提示します。リスナーと同じ証明書でもかまいません。',
  'Private key of the client certificate.': 'クライアント証明書の秘密鍵。',
  'Discover and enforce MTA-STS policies.': 'MTA-STS ポリシーを発見し、適用します。',
  'Port of policy hosts; other than 443 only in laboratories.': 'ポリシーホストのポート。443 以外は実験環境のみ。',
  'Longest time a policy is kept.': 'ポリシーを保持する最長の時間。',
  'What every host must reach whatever its domain publishes.':
    'ドメインの公開内容にかかわらず、すべてのホストに求める水準。',
  "false rehearses the operator's own floor; what destinations publish always binds.":
    'false では運用者自身の下限を予行します。宛先が公開したものは常に適用されます。',
  'Recipient domains, exact or "*.domain".': '宛先ドメイン。完全一致または "*.domain"。',
  'Raises the floor for them.': 'それらの下限を上げます。',
  'Further certificate names accepted for this rule.': 'この規則で受け入れるその他の証明書の名前。',
  'always: demand REQUIRETLS onward whatever the sender asked.':
    'always: 差出人の要求にかかわらず、以降の配送に REQUIRETLS を要求します。',
  'What is not enforced for them.': 'それらに適用しないもの。',
  'Last day (UTC) on which the exception holds.': '例外が有効な最後の日 (UTC)。',
  'Why; shown in every record and listing.': '理由。すべての記録と一覧に表示されます。',
  'Recipient domains, exact, "*.domain", or "*" for all.':
    '宛先ドメイン。完全一致、"*.domain"、またはすべてを表す "*"。',
  'Next hop: "[host]:port" without MX look-up, "domain" with it.':
    '次の配送先: MX を引かないなら "[host]:port"、引くなら "domain"。',
  'How TLS begins at the next hop.': '次の配送先での TLS の始め方。',
  'File with "user:password"; sent only to an authenticated host.':
    '"user:password" を持つファイル。認証されたホストにのみ送ります。',
  'Port of MX hosts; other than 25 only in laboratories.': 'MX ホストのポート。25 以外は実験環境のみ。',
  'Private or loopback ranges that public DNS may point to.':
    '公開 DNS が指してもよいプライベートまたはループバックの範囲。',
  'Address families used for delivery.': '配送に使うアドレスファミリー。',
  'Local addresses to send from, at most one of each family.': '送信元のローカルアドレス。各ファミリーに一つまで。',
  'A sender is told once that mail still waits.': 'メールがまだ配送待ちであることを差出人に一度知らせるまでの時間。',
  'Life of a message in the queue.': 'キューでのメッセージの寿命。',
  'Parallel sessions to one next hop.': '一つの配送先への並行セッション数。',
  'Parallel sessions to one host.': '一つのホストへの並行セッション数。',
  'Parallel sessions in all.': '全体の並行セッション数。',
  'Waiting times between attempts; the last one repeats.': '試行の間の待ち時間。最後の値を繰り返します。',
  'sqlite:/path/queue.db; default: in the state directory.': 'sqlite:/path/queue.db。既定は状態ディレクトリーの中。',
  'Below this free space mail is refused with 452.': '空き容量がこれを下回ると、メールを 452 で拒否します。',
  'How long finished messages can be explained.': '処理を終えたメッセージを説明できる期間。',
  'Local part to mailbox, on submission listeners.':
    'submission リスナーでの、ローカルパートからメールボックスへの対応。',
  'Send TLS reports; needs contact and dkim.': 'TLS レポートを送ります。contact と dkim が必要です。',
  'organization-name of reports.': 'レポートの organization-name。',
  'contact-info of reports.': 'レポートの contact-info。',
  'Signing domain of reports.': 'レポートに署名するドメイン。',
  'Selector of the signing key.': '署名鍵のセレクター。',
  'Private signing key.': '署名用の秘密鍵。',
  'Status page, API, /livez, /readyz, /metrics; any address but loopback demands a token.':
    '状態ページ、API、/livez、/readyz、/metrics。ループバック以外のアドレスではトークンが必要です。',
  'Bearer token of the endpoint.': 'エンドポイントのベアラートークン。',
  'Allow acts that change the queue over HTTP; the Unix socket always may.':
    'キューを変える操作を HTTP でも許します。Unix ソケットでは常に可能です。',
  'Log lines for machines or for people.': 'ログの行を機械向けにするか人向けにするか。',
  'Least important event that is written.': '書き出すイベントの最低の重要度。',
  'What is left out of mail addresses in logs.': 'ログのメールアドレスから省くもの。',
  '{0} is wanted, not {1}': '{0} を指定してください（{1} ではなく）',
  'true or false': 'true か false',
  'a whole number from {0} to {1}': '{0} から {1} までの整数',
  'a duration such as "30s", "5m", "4h" or "5d"': '"30s"、"5m"、"4h"、"5d" のような時間',
  'a size such as "64KiB" or "50MB"': '"64KiB" や "50MB" のような大きさ',
  'one of {0}': '次のいずれか: {0}',
  'an address such as "127.0.0.1:2525" or "[::1]:2525"': '"127.0.0.1:2525" や "[::1]:2525" のようなアドレス',
  '"file:<path>", "env:<name>" or "credential:<name>" is wanted':
    '"file:<path>"、"env:<name>"、"credential:<name>" のいずれかを指定してください',
  'a day such as 2026-12-31': '2026-12-31 のような日付',
  'a table of texts': '文字列のテーブル',
  'no trust anchor in it': 'トラストアンカーが入っていません',
  'every trust anchor is outside its time': 'どのトラストアンカーも有効期間外です',
  'not a DS or DNSKEY record: {0}': 'DS または DNSKEY レコードではありません: {0}',
  'no zone element': 'zone 要素がありません',
  'a KeyDigest does not read: {0}': 'KeyDigest を読み取れません: {0}',
  'no KeyDigest element': 'KeyDigest 要素がありません',
  '"{0}" is no domain, "*.domain" or "*"': '"{0}" はドメイン、"*.domain"、"*" のいずれでもありません',
  'a route needs at least one domain in "to"': '経路の "to" にはドメインが一つ以上必要です',
  '"{0}" is no next hop: {1}': '"{0}" は配送先ではありません: {1}',
  'the host is no domain name': 'ホストがドメイン名ではありません',
  'a port is a number from 1 to 65535': 'ポートは 1 から 65535 の数です',
  'what stands in the brackets is neither an address nor a name': '角括弧の中がアドレスでも名前でもありません',
  'an address stands in brackets, such as "[192.0.2.1]:25"': 'アドレスは "[192.0.2.1]:25" のように角括弧に入れます',
  'write "[host]:port" for a host, "domain" for the MX hosts of a domain':
    'ホストは "[host]:port"、ドメインの MX ホストは "domain" と書いてください',
  'DKIM key': 'DKIM 鍵',
  'good name': '正しい名前',
  'broken name': '壊れた名前',
  'reverse name': '逆引き',
  'MX zone': 'MX のゾーン',
  'host name': 'ホスト名',
  'trust store': '信頼ストア',
  'trust anchors': '信頼の起点',
  configuration: '設定',
  resolver: 'リゾルバー',
  clock: '時計',
  disk: 'ディスク',
  'no queue id in {0}': '{0} にキュー ID がありません',
  '{0} came to no outcome in 30 s': '{0} は 30 秒以内に結果が出ませんでした',
  '{0} is no range such as 10.0.0.0/8, and not "private"':
    '{0} は 10.0.0.0/8 のような範囲でも "private" でもありません',
  '{0} wants a certificate': '{0} には証明書が必要です',
  'is wanted with auth = "password"': 'が auth = "password" には必要です',
  'client-certificate wants client_spki or client_ca': 'client-certificate には client_spki か client_ca が必要です',
  '{0} is no SHA-256 in hex (64 digits)': '{0} は 16 進数の SHA-256（64 桁）ではありません',
  '{0} holds no certificate': '{0} に証明書がありません',
  'is wanted beside certificate': 'が certificate とともに必要です',
  '{0} cannot be used: {1}': '{0} は使えません: {1}',
  'line {0} is not "name:sha256:<hex>" or "name:scrypt:<salt hex>:<hash hex>"':
    '{0} 行目が "name:sha256:<hex>" でも "name:scrypt:<salt hex>:<hash hex>" でもありません',
  'set another $STATE_DIRECTORY': '別の $STATE_DIRECTORY を設定してください',
  'these take effect with the next start': '次の起動から有効になります',
  'it ended by itself': '自ら終了しました',
  'a worker cannot start: {0}': 'ワーカーを起動できません: {0}',
  '{0}: "{1}" stands in {2} already': '{0}: "{1}" はすでに {2} にあります',
  'config example prints a configuration: leave --json out':
    'config example は設定ファイルを出力します。--json を外してください',
  'config wants check, show, example or env': 'config には check、show、example、env のいずれかを指定してください',
  'not enforced: policy.enforce is off': '強制していません: policy.enforce が無効です',
  configured: '設定済み',
  '{0} (configured)': '{0}（設定済み）',
  'port 25': '25 番ポート',
  zone: 'ゾーン',
  listeners: 'リスナー',
  queue: 'キュー',
  open: '利用可能',
  'The default profile: what destinations publish is enforced, nothing more is demanded of them.':
    '既定のプロファイル: 宛先が公開したものを適用し、それ以上は求めません。',
  'Nobody gets mail from an unauthenticated session: every host proves its name by DANE or WebPKI.':
    '認証されていないセッションでは配送しません: すべてのホストが DANE または WebPKI で名前を証明します。',
  'For the laboratory and for tests: loopback may be delivered to, and waiting is short.':
    '実験環境と試験用: ループバックへの配送を許し、待ち時間を短くします。',
  'Every host must speak TLS; line endings of every client must be clean; no old cipher suites (TLS-14).':
    'すべてのホストに TLS を要求します。すべてのクライアントの改行を検査し、古い暗号スイートは使いません (TLS-14)。',
  enforcement: '適用',
  'DANE is enforced on sending; MTA-STS is switched off by mta_sts.enabled':
    '送信時に DANE を適用しています。MTA-STS は mta_sts.enabled により無効です',
  '{0}; the floor is only rehearsed: policy.enforce is off': '{0}。下限は予行のみです: policy.enforce が無効です',
  'DANE and MTA-STS are enforced on sending': '送信時に DANE と MTA-STS を適用しています',
};
