#include "http/client/url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/src.hpp>
#include <boost/url/url_view.hpp>

namespace ruck::http {

std::string Url::authority() const {
  const std::string name = host.contains(':') ? "[" + host + "]" : host;
  return port == "80" ? name : name + ":" + port;
}

Result<Url> parse_url(std::string_view text) {
  const Error wrong{.code = ErrorCode::kInvalidInput,
                    .message = "the URL must be http://HOST[:PORT][/PATH]"};
  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed || parsed->scheme_id() != boost::urls::scheme::http) return fail(wrong);
  const bool has_more = parsed->has_userinfo() || parsed->has_query() || parsed->has_fragment();
  const bool has_port = parsed->has_port() && !parsed->port().empty();
  const bool is_port = !has_port || parsed->port_number() != 0;
  // Boost 1.81 takes "host:x" for a host and a path that begins without a slash.
  const bool is_path = parsed->encoded_path().empty() || parsed->encoded_path().starts_with('/');
  if (parsed->host_address().empty() || has_more || !is_port || !is_path) return fail(wrong);
  Url url{.host = parsed->host_address()};
  if (has_port) url.port = std::to_string(parsed->port_number());
  url.path = std::string(parsed->encoded_path().data(), parsed->encoded_path().size());
  while (url.path.ends_with('/')) url.path.pop_back();
  return url;
}

}  // namespace ruck::http
