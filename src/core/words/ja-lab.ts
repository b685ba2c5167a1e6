// Japanese: the laboratory, and the stories of its destinations.

export const jaLab: Readonly<Record<string, string>> = {
  'the laboratory is open; the other verbs look into it with  -c {0}':
    '実験環境が開きました。他のサブコマンドからは次の指定で調べられます  -c {0}',
  'end it with Ctrl-C': 'Ctrl-C で終了します',
  'look:   sekisho check -c {0} dane-ee.test': '調べる:     sekisho check -c {0} dane-ee.test',
  "send:   printf 'Subject: hello\\r\\n\\r\\nhello\\r\\n' | curl -sS -T - smtp://{0} --mail-from you@relay.lab.test --mail-rcpt anyone@sts-enforce.example":
    "送る:       printf 'Subject: hello\\r\\n\\r\\nhello\\r\\n' | curl -sS -T - smtp://{0} --mail-from you@relay.lab.test --mail-rcpt anyone@sts-enforce.example",
  'page:   http://{0}/': 'ページ:     http://{0}/',
  'domains of the laboratory: {0}': 'ドメイン:   {0}',
  'left out: {0}, {1}': '除外: {0}、{1}',
  'this machine has no ::1': 'このマシンには ::1 がありません',
  'the laboratory needs {0}.0.0/16 on the loopback; where only 127.0.0.1 exists, add the addresses first (macOS: ifconfig lo0 alias {1}.1.1, and so on)':
    '実験環境にはループバックの {0}.0.0/16 が必要です。127.0.0.1 しかない所では、先にアドレスを追加してください (macOS: ifconfig lo0 alias {1}.1.1 など)',
  // What a destination is for.
  'Signed zone, 3 1 1 record, self-signed certificate with the right key.':
    '署名済みゾーン、3 1 1 レコード、正しい鍵の自己署名証明書。',
  'A 2 0 1 record names a private root that the server sends.':
    '2 0 1 レコードが、サーバーの送るプライベートなルート証明書を指しています。',
  'A 2 1 1 record names the intermediate; the root is not sent.':
    '2 1 1 レコードが中間証明書を指しています。ルート証明書は送られません。',
  'The private certificate names the mail domain, not the host.':
    'プライベートな認証局の証明書にあるのは、ホストではなくメールドメインの名前です。',
  'The chain leads to the anchor, but the leaf has expired.':
    'チェーンはトラストアンカーに到達しますが、リーフ証明書の期限が切れています。',
  'The chain leads to the anchor, but to another name.':
    'チェーンはトラストアンカーに到達しますが、証明書は別の名前のものです。',
  'Only a 1 1 1 record, which SMTP may not use: TLS, unauthenticated.':
    'SMTP では使えない 1 1 1 レコードだけです: TLS を使いますが、認証はしません。',
  'The published key is not the one presented.': '公開された鍵と提示された鍵が異なります。',
  'The signature over the TLSA record does not verify.': 'TLSA レコードの署名を検証できません。',
  'Somebody claims that there is no TLSA record and shows no proof.':
    '何者かが、証明を示さずに TLSA レコードがないと主張しています。',
  'The TLSA question gets SERVFAIL.': 'TLSA の問い合わせに SERVFAIL が返ります。',
  'DANE-EE with an expired certificate: dates play no part.': '期限の切れた証明書での DANE-EE: 日付は見ません。',
  'TLSA record published, STARTTLS overwritten on the way.':
    'TLSA レコードは公開済みですが、経路上で STARTTLS が上書きされます。',
  'TLSA record published, 454 to STARTTLS.': 'TLSA レコードは公開済みですが、STARTTLS に 454 が返ります。',
  'Forged replies stand behind the 220 to STARTTLS.': 'STARTTLS への 220 の後ろに、偽造された応答があります。',
  'DANE host that only speaks TLS 1.1.': 'TLS 1.1 にしか対応しない DANE のホスト。',
  'Both worlds in mid-rollover: public certificate, policy, old and new 3 0 1 and 3 1 1 records.':
    'DANE と MTA-STS を併用、鍵の更新の途中: 公的な認証局の証明書、ポリシー、新旧の 3 0 1 と 3 1 1 レコード。',
  'The first host presents a wrong key; the second one is right.':
    '1 台目のホストは誤った鍵を提示しますが、2 台目の鍵は正しいものです。',
  'The MX host is a secure alias; the TLSA record stands at its target.':
    'MX ホストは secure な別名で、TLSA レコードはその先の名前にあります。',
  'The mail domain is a secure alias of one with DANE-TA.':
    'メールドメインは、DANE-TA を使うドメインの secure な別名です。',
  'The host has an AAAA record only.': 'ホストには AAAA レコードしかありません。',
  'No MX record, proven; the domain itself has address and TLSA.':
    'MX レコードがないことが証明され、ドメイン自身にアドレスと TLSA レコードがあります。',
  'DANE-EE in a zone that denies by NSEC3.': 'NSEC3 で不在を証明するゾーンの DANE-EE。',
  'Unsigned domain, signed provider with DANE: used, but the domain is not authenticated.':
    '署名のないドメインと、DANE を使う署名済みの事業者: DANE は適用されますが、ドメインは認証されません。',
  'TLSA records in an unsigned zone: nothing proves them.':
    '署名のないゾーンの TLSA レコード: 証明するものがありません。',
  'No TLSA record, denied with more NSEC3 iterations than are counted.':
    'TLSA レコードがなく、不在の証明の NSEC3 反復回数が、計算の上限を超えています。',
  'Unsigned zone, enforced policy, public certificate.': '署名のないゾーン、enforce のポリシー、公的な認証局の証明書。',
  'Testing policy over a self-signed certificate: delivered, the failure is counted.':
    'testing のポリシーと自己署名証明書: 配送され、失敗が計上されます。',
  'A policy of mode none demands nothing.': 'mode none のポリシーは何も要求しません。',
  'The MX host is not in the enforced policy.': 'enforce のポリシーに MX ホストが載っていません。',
  'The public certificate names the mail domain, not the MX host.':
    '公的な認証局の証明書にあるのは、MX ホストではなくメールドメインの名前です。',
  'Enforced policy, expired certificate.': 'enforce のポリシー、期限の切れた証明書。',
  'Enforced policy, self-signed certificate.': 'enforce のポリシー、自己署名証明書。',
  'Enforced policy, STARTTLS overwritten on the way.':
    'enforce のポリシーがありますが、経路上で STARTTLS が上書きされます。',
  'The policy host redirects: no policy can be had, nothing is cached.':
    'ポリシーホストがリダイレクトを返します: ポリシーを取得できず、キャッシュもありません。',
  'The policy host presents a certificate that nobody trusts.':
    'ポリシーホストが、誰にも信頼されていない証明書を提示します。',
  'Unsigned zone below a signed one, enforced policy with a pattern, five hosts.':
    '署名済みゾーンの下にある署名のないゾーン、パターンを含む enforce のポリシー、5 台のホスト。',
  'DANE and an enforced policy, and both hold.': 'DANE と enforce のポリシーがあり、どちらの検証も成功します。',
  'DANE holds, the enforced policy does not: the certificate is self-signed.':
    'DANE の検証は成功しますが、enforce のポリシーは満たされません: 証明書が自己署名です。',
  'The enforced policy holds, DANE does not: the policy cannot rescue it.':
    'enforce のポリシーは満たされますが、DANE の検証は失敗します: ポリシーでは補えません。',
  'REQUIRETLS asked for and offered by a DANE host.': 'REQUIRETLS が要求され、DANE のホストが提示します。',
  'REQUIRETLS asked for, DANE holds, the keyword is missing.':
    'REQUIRETLS が要求され、DANE の検証は成功しますが、キーワードが提示されません。',
  'REQUIRETLS is offered in cleartext only.': 'REQUIRETLS が平文でだけ提示されます。',
  'REQUIRETLS over an enforced policy.': 'enforce のポリシーによる REQUIRETLS。',
  'REQUIRETLS to a secure MX without TLSA: a public certificate for the host suffices.':
    'TLSA レコードのない secure な MX への REQUIRETLS: ホストの名前を持つ公的な認証局の証明書で足ります。',
  'REQUIRETLS to an unsigned domain without policy: nothing proves the MX host.':
    '署名もポリシーもないドメインへの REQUIRETLS: MX ホストを証明するものがありません。',
  'TLS-Required: No to a host whose key does not match.': '鍵が一致しないホストへの TLS-Required: No。',
  'Unsigned, no policy, self-signed certificate: opportunistic TLS.':
    '署名なし、ポリシーなし、自己署名証明書: 日和見的な TLS。',
  'No policy and no STARTTLS at all: cleartext.': 'ポリシーも STARTTLS もありません: 平文で送ります。',
  'MX 0 . : the domain takes no mail.': 'MX 0 . : ドメインはメールを受け取りません。',
  'The domain does not exist.': 'ドメインが存在しません。',
  'The signature over the MX record has expired.': 'MX レコードの署名の期限が切れています。',
  'The MX question gets SERVFAIL.': 'MX の問い合わせに SERVFAIL が返ります。',
  'The MX host has no address.': 'MX ホストにアドレスがありません。',
  'Public DNS points to a private address.': '公開 DNS がプライベートアドレスを指しています。',
  'Nobody listens at the address.': 'そのアドレスでは何も待ち受けていません。',
  'RCPT gets 451.': 'RCPT に 451 が返ります。',
  'RCPT gets 550.': 'RCPT に 550 が返ります。',
};
