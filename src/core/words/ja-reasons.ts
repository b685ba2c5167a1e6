// Japanese: the catalogue of reasons, and the words of notices.

export const jaReasons: Readonly<Record<string, string>> = {
  'The domain of the recipient does not exist': '宛先のドメインが存在しません',
  'A typing error in the address, or a domain that has lapsed': 'アドレスの入力誤り、または失効したドメインです',
  'The sender corrects the address': '差出人がアドレスを訂正してください',
  'The domain says that it accepts no mail': '宛先のドメインはメールを受け取らないと宣言しています',
  'Its only MX record is a null MX': 'MX レコードがヌル MX だけです',
  'The sender uses another address': '差出人が別のアドレスを使ってください',
  'The best mail host of the domain is this relay itself':
    '宛先ドメインの最優先のメールホストが、この中継サーバー自身です',
  'The MX records lead back here, but no route says where the mail should go':
    'MX レコードがここを指していますが、配送先を示す経路設定がありません',
  'The operator adds a route for the domain, or its owner corrects the MX records':
    '運用者がこのドメインの経路を追加するか、ドメインの管理者が MX レコードを訂正してください',
  'No mail host of the domain has an address': '宛先ドメインのどのメールホストにもアドレスがありません',
  'The names in the MX records have neither A nor AAAA records':
    'MX レコードにある名前に A レコードも AAAA レコードもありません',
  'The owner of the domain corrects the MX or address records':
    'ドメインの管理者が MX レコードまたはアドレスレコードを訂正してください',
  'The MX question for the domain got no answer': '宛先ドメインの MX の問い合わせに応答がありませんでした',
  'The name servers of the domain, or the resolver of this relay, are down or slow':
    'ドメインのネームサーバー、またはこの中継サーバーのリゾルバーが停止しているか、遅くなっています',
  'It is retried; the operator looks at the resolver if many domains are affected':
    '自動的に再試行します。多くのドメインで起きているときは、運用者がリゾルバーを確認してください',
  'The MX answer for the domain is not authentic': '宛先ドメインの MX の応答が正当なものではありません',
  'DNSSEC of the domain is broken, or somebody changes its answers':
    'ドメインの DNSSEC が壊れているか、何者かが応答を書き換えています',
  'The owner of the domain mends its signatures; a dated exception can ignore DNSSEC for it':
    'ドメインの管理者が署名を直してください。期限付きの例外を設ければ、このドメインの DNSSEC を無視できます',
  'The address question for the mail host got no answer': 'メールホストのアドレスの問い合わせに応答がありませんでした',
  'The name servers of the host, or the resolver of this relay, are down or slow':
    'ホストのネームサーバー、またはこの中継サーバーのリゾルバーが停止しているか、遅くなっています',
  'It is retried': '自動的に再試行します',
  'The address answer for the mail host is not authentic': 'メールホストのアドレスの応答が正当なものではありません',
  'DNSSEC of the zone of the host is broken, or somebody changes its answers':
    'ホストのゾーンの DNSSEC が壊れているか、何者かが応答を書き換えています',
  'The owner of the host mends its signatures': 'ホストの管理者が署名を直してください',
  'Public DNS gave only addresses that are private or our own for the mail host':
    '公開 DNS がメールホストについて返したのは、プライベートアドレスまたは自分自身のアドレスだけでした',
  'A mistake in the zone, or an attempt to reach inner systems through this relay':
    'ゾーンの誤りか、この中継サーバーを経由して内部のシステムに到達しようとする試みです',
  'If the addresses are right, the operator adds them to delivery.allow_addresses':
    'アドレスが正しければ、運用者が delivery.allow_addresses に追加してください',
  'The TLSA question for the mail host got no answer': 'メールホストの TLSA の問い合わせに応答がありませんでした',
  'The name servers of a signed zone fail on TLSA questions, or somebody drops them':
    '署名済みゾーンのネームサーバーが TLSA の問い合わせに失敗するか、何者かがそれを捨てています',
  'The owner of the zone mends its name servers; silence is not absence, so the mail waits':
    'ゾーンの管理者がネームサーバーを直してください。無応答は不在の証明ではないため、メールは待機します',
  'The TLSA answer for the mail host is not authentic': 'メールホストの TLSA の応答が正当なものではありません',
  'DNSSEC of the zone is broken, or somebody changes its answers':
    'ゾーンの DNSSEC が壊れているか、何者かが応答を書き換えています',
  'The owner of the zone mends its signatures': 'ゾーンの管理者が署名を直してください',
  'The mail host could not be reached': 'メールホストに接続できませんでした',
  'The host is down, or a firewall stands between': 'ホストが停止しているか、途中にファイアウォールがあります',
  'It is retried; the operator checks outbound port 25 if many hosts are affected':
    '自動的に再試行します。多くのホストで起きているときは、運用者が外向きの 25 番ポートを確認してください',
  'The connection to the mail host was lost': 'メールホストとの接続が切れました',
  'The host or the network broke the connection, or did not answer in time':
    'ホストまたはネットワークが接続を切ったか、時間内に応答しませんでした',
  'The mail host offers no STARTTLS, but TLS is required for it':
    'メールホストが STARTTLS を提示しませんが、このホストには TLS が必須です',
  'STARTTLS is switched off there, or something on the path removes it':
    'ホストで STARTTLS が無効になっているか、経路上の何かが取り除いています',
  'The owner of the host offers STARTTLS to every client, or withdraws the policy that demands it':
    'ホストの管理者がすべてのクライアントに STARTTLS を提示するか、それを要求するポリシーを取り下げてください',
  'The mail host refused STARTTLS, but TLS is required for it':
    'メールホストが STARTTLS を拒否しましたが、このホストには TLS が必須です',
  'TLS is broken there for the moment, or something on the path interferes':
    'ホストの TLS が一時的に壊れているか、経路上の何かが妨害しています',
  'The owner of the host mends its TLS service': 'ホストの管理者が TLS サービスを直してください',
  'The connection carried forged replies between STARTTLS and the TLS handshake':
    'STARTTLS と TLS ハンドシェイクの間に、偽造された応答が送られてきました',
  'Somebody on the path injects replies, or a proxy there is faulty':
    '経路上の何者かが応答を注入しているか、そこにあるプロキシに欠陥があります',
  'The owner of the host looks for a proxy in front of it': 'ホストの管理者が、手前にあるプロキシを調べてください',
  'The TLS handshake with the mail host failed': 'メールホストとの TLS ハンドシェイクに失敗しました',
  'The host supports no modern TLS version or cipher suite, or somebody breaks the handshake':
    'ホストが新しい TLS のバージョンや暗号スイートに対応していないか、何者かがハンドシェイクを妨害しています',
  'The owner of the host enables TLS 1.2 or 1.3 with current cipher suites':
    'ホストの管理者が、現行の暗号スイートで TLS 1.2 または 1.3 を有効にしてください',
  'The certificate of the mail host matches none of its TLSA records':
    'メールホストの証明書が、どの TLSA レコードとも一致しません',
  'The certificate was renewed without the TLSA records, or this is another server':
    'TLSA レコードを変えずに証明書が更新されたか、別のサーバーです',
  'The owner of the host publishes TLSA records for the certificate in use':
    'ホストの管理者が、使用中の証明書の TLSA レコードを公開してください',
  'The certificate of the mail host carries none of the names that would do':
    'メールホストの証明書に、必要な名前が一つも含まれていません',
  'The certificate was made for other names, or this is another server': '別の名前のための証明書か、別のサーバーです',
  'The owner of the host installs a certificate with the name of the MX host':
    'ホストの管理者が、MX ホストの名前を持つ証明書を設定してください',
  'The certificate of the mail host is outside its validity period': 'メールホストの証明書が有効期間外です',
  'A renewal failed': '更新に失敗しています',
  'The owner of the host renews the certificate': 'ホストの管理者が証明書を更新してください',
  'The certificate chain of the mail host does not lead to a trust anchor':
    'メールホストの証明書チェーンがトラストアンカーに到達しません',
  'A self-signed certificate, a missing intermediate certificate, or an unknown authority':
    '自己署名証明書、中間証明書の不足、または未知の認証局です',
  'The owner of the host installs a certificate of a public authority with its whole chain':
    'ホストの管理者が、公的な認証局の証明書をチェーン全体とともに設定してください',
  'The MTA-STS policy of the domain does not name this mail host':
    '宛先ドメインの MTA-STS ポリシーに、このメールホストが載っていません',
  'The MX records were changed without the policy, or somebody changed them':
    'ポリシーを変えずに MX レコードが変更されたか、何者かが書き換えました',
  'The owner of the domain adds the host to the policy and changes the policy id':
    'ドメインの管理者がホストをポリシーに加え、ポリシーの id を変えてください',
  'The MTA-STS record of the domain is not authentic': '宛先ドメインの MTA-STS レコードが正当なものではありません',
  'The owner of the domain mends its signatures': 'ドメインの管理者が署名を直してください',
  'The TLSA records of the mail host cannot be used, so TLS was required but not authenticated':
    'メールホストの TLSA レコードが使えないため、TLS は必須とし、認証は行いませんでした',
  'Only certificate usages that SMTP does not use, or malformed records':
    'SMTP では使わない証明書用途だけか、形式の誤ったレコードです',
  'The owner of the host publishes 3 1 1 records': 'ホストの管理者が 3 1 1 レコードを公開してください',
  'The operator demands DANE for this destination, but it has none that can be used':
    '運用者がこの宛先に DANE を要求していますが、使える DANE がありません',
  'The domain or its mail host is not signed, or has no usable TLSA records':
    'ドメインまたはメールホストが署名されていないか、使える TLSA レコードがありません',
  'The operator lowers the floor for the destination, or its owner deploys DANE':
    '運用者がこの宛先の下限を下げるか、宛先の管理者が DANE を導入してください',
  'The operator demands a verified certificate for this destination, and it could not be verified':
    '運用者がこの宛先に検証済みの証明書を要求していますが、検証できませんでした',
  'No name is known that the certificate could be checked for': '証明書と照合できる名前が分かりません',
  'The operator lists names in the rule for the destination': '運用者が、この宛先の規則に名前を列挙してください',
  'The route has credentials, but its host could not be authenticated':
    '経路に認証情報がありますが、その中継先のホストを認証できませんでした',
  'STARTTLS is missing or the certificate does not fit the name of the smart host':
    'STARTTLS がないか、証明書がスマートホストの名前と合いません',
  'The operator corrects the name of the route, or the provider its certificate':
    '運用者が経路の名前を訂正するか、プロバイダーが証明書を訂正してください',
  'The sender asked for REQUIRETLS, and the mail host does not support it':
    '差出人が REQUIRETLS を要求しましたが、メールホストが対応していません',
  'The software of the host lacks RFC 8689, or it is switched off':
    'ホストのソフトウェアが RFC 8689 に対応していないか、無効にしています',
  'The sender sends without REQUIRETLS, or the owner of the host enables it':
    '差出人が REQUIRETLS なしで送るか、ホストの管理者が有効にしてください',
  'The sender asked for REQUIRETLS, and no TLS session could be made with the mail host':
    '差出人が REQUIRETLS を要求しましたが、メールホストと TLS セッションを確立できませんでした',
  'STARTTLS is missing there, or the handshake failed': 'ホストに STARTTLS がないか、ハンドシェイクに失敗しました',
  'The sender asked for REQUIRETLS, and the certificate of the mail host could not be verified':
    '差出人が REQUIRETLS を要求しましたが、メールホストの証明書を検証できませんでした',
  'The certificate passes neither DANE nor the public authorities': '証明書が DANE でも公的な認証局でも検証できません',
  'The owner of the host installs a certificate that verifies': 'ホストの管理者が、検証できる証明書を設定してください',
  'The sender asked for REQUIRETLS, and the name of the mail host cannot be validated':
    '差出人が REQUIRETLS を要求しましたが、メールホストの名前を検証できません',
  'The domain is not signed and has no MTA-STS policy that names the host':
    'ドメインが署名されておらず、このホストを載せた MTA-STS ポリシーもありません',
  'The owner of the domain signs it or publishes an MTA-STS policy':
    'ドメインの管理者が署名するか、MTA-STS ポリシーを公開してください',
  'The mail host refused the message for now': 'メールホストが、今のところメッセージを受け付けません',
  'See the reply of the host': 'ホストの応答を参照してください',
  'The mail host refused the message': 'メールホストがメッセージを拒否しました',
  'The message has passed through too many hosts': 'メッセージが経由したホストの数が多すぎます',
  'Two hosts send it to one another': '二つのホストが互いに送り合っています',
  'The operators of the hosts in its Received fields break the loop':
    'Received フィールドにあるホストの運用者がループを断ってください',
  'The message is larger than the mail host accepts': 'メッセージが、メールホストの受け付ける大きさを超えています',
  'The host announces a smaller limit': 'ホストがより小さい上限を告げています',
  'The sender sends less': '差出人がメッセージを小さくしてください',
  'The message has octets above 127, and the mail host does not offer 8BITMIME':
    'メッセージに 127 を超えるオクテットがありますが、メールホストが 8BITMIME を提示しません',
  'Very old software at the host': 'ホストのソフトウェアが非常に古いものです',
  'The sender encodes the message, or the owner of the host enables 8BITMIME':
    '差出人がメッセージをエンコードするか、ホストの管理者が 8BITMIME を有効にしてください',
  'The message needs SMTPUTF8, and the mail host does not offer it':
    'メッセージに SMTPUTF8 が必要ですが、メールホストが提示しません',
  'An address or header field is not ASCII': 'アドレスまたはヘッダーフィールドが ASCII ではありません',
  'The sender uses ASCII addresses, or the owner of the host enables SMTPUTF8':
    '差出人が ASCII のアドレスを使うか、ホストの管理者が SMTPUTF8 を有効にしてください',
  'The message is binary, and the mail host does not offer BINARYMIME':
    'メッセージがバイナリーですが、メールホストが BINARYMIME を提示しません',
  'The message has bare line ends or very long lines': 'メッセージに単独の改行文字か、非常に長い行があります',
  'The sender encodes the message': '差出人がメッセージをエンコードしてください',
  'The message could not be delivered in the time allowed': '許された時間内にメッセージを配送できませんでした',
  'See the last attempts': '最後の試行を参照してください',
  'The sender tries again later': '差出人が後でもう一度送ってください',
  'This is the mail relay {0}.': 'こちらはメール中継サーバー {0} です。',
  'Your message could not be delivered to the following. It will not be tried again.':
    '次の宛先にメッセージを配送できませんでした。再試行は行いません。',
  'Your message still waits for the following. You need not send it again; it is tried further.':
    '次の宛先へのメッセージはまだ配送待ちです。再試行を続けますので、送り直す必要はありません。',
  'It was sent with REQUIRETLS, so this notice repeats nothing of it but its id and date.':
    'このメッセージは REQUIRETLS 付きで送られたため、この通知には id と日付のほかは何も繰り返していません。',
  '  The host {0} said: {1}': 'ホスト {0} の応答: {1}',
  ' at {0}': '（{0}）',
  '  Found{0}: {1}.': '判明したこと{0}: {1}',
  '  What helps: {0}.': '対処: {0}。',
  '  The message was not sent without the protection that it must have.':
    '必要な保護が得られないため、メッセージは送信していません。',
  '  It is tried until {0}.': '{0} まで再試行します。',
};
