// The one place where Asio's TLS code is compiled (BOOST_ASIO_SEPARATE_COMPILATION).
#include "http/session/tls.hpp"

#include <boost/asio/ssl/impl/src.hpp>
#include <openssl/ssl.h>

namespace ruck::http::session {
namespace {
// What is chosen is a pointer into this.
constexpr std::array<unsigned char, 9> kHttp11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// HTTP/1.1 is what we speak; a browser that offers HTTP/2 as well is told so.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(&found, chosen_size, kHttp11.data(), kHttp11.size(),
                                           offered, offered_size);
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

std::unexpected<Error> problem_with(const std::string& file, const ErrorCodeAsio& error) {
  return fail(ErrorCode::kInvalidInput, file + ": " + error.message());
}
}  // namespace

Result<> TlsCertificate::load() {
  auto fresh = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  ErrorCodeAsio error;
  fresh->use_certificate_chain_file(certificate_file_, error);
  if (error) return problem_with(certificate_file_, error);
  // Also says if it is not the certificate's key.
  fresh->use_private_key_file(key_file_, asio::ssl::context::pem, error);
  if (error) return problem_with(key_file_, error);
  SSL_CTX* native = fresh->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  // Of TLS 1.2 only what is authenticated encryption with a key of this connection's own (RFC 9325
  // §4.2); TLS 1.3 has nothing else.
  if (SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) {
    return fail(ErrorCode::kInternal, "no cipher of TLS 1.2 can be used");
  }
  // An idle connection holds no buffers: there may be thousands.
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                  SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
  const Guard lock(mutex_);
  context_ = std::move(fresh);
  return {};
}

TlsCertificate::Context TlsCertificate::context() const {
  const Guard lock(mutex_);
  return context_;
}

}  // namespace ruck::http::session
