#include "http/response_head.hpp"

#include <algorithm>

namespace ruck::http {
namespace {
void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}
}  // namespace

std::string_view reason_of(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 507:
      return "Insufficient Storage";
    default:
      return "Status";
  }
}

void append_head(std::string& out, const Response& response, const HeadContext& context) {
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += reason_of(response.status);
  out += "\r\n";
  const bool has_body = response.status != 204 && response.status != 304 && response.status != 101;
  if (has_body) {
    append_field(out, "Content-Type", response.content_type);
    append_field(out, "Content-Length", std::to_string(context.body_bytes));
  }
  if (context.is_gzip) append_field(out, "Content-Encoding", "gzip");
  const auto says = [&](std::string_view name) {
    return std::ranges::any_of(response.headers, [&](const auto& h) { return h.first == name; });
  };
  if (context.may_vary && !says("Vary")) append_field(out, "Vary", "Accept-Encoding");
  if (!says("Cache-Control")) append_field(out, "Cache-Control", "no-store");
  append_field(out, "X-Request-Id", context.request_id);
  append_field(out, "X-Content-Type-Options", "nosniff");
  append_field(out, "Referrer-Policy", "no-referrer");
  // RFC 6797: a year, of this host alone. Browsers take no note of it for addresses without a name.
  if (context.is_secure) append_field(out, "Strict-Transport-Security", "max-age=31536000");
  if (!says("Content-Security-Policy")) {
    append_field(out, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  }
  if (!context.allowed_origin.empty()) {
    append_field(out, "Access-Control-Allow-Origin", context.allowed_origin);
    append_field(out, "Vary", "Origin");
  }
  for (const auto& [name, value] : response.headers) append_field(out, name, value);
  if (response.status == 101) {
    append_field(out, "Upgrade", "websocket");
    append_field(out, "Connection", "Upgrade");
  } else {
    append_field(out, "Connection", context.keep_alive ? "keep-alive" : "close");
  }
  out += "\r\n";
}

}  // namespace ruck::http
