#include "redis/connection.hpp"

#include "runtime/task.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>

// hiredis is a library of C.
#include <hiredis/async.h>

#include <optional>

namespace ruck::redis {
namespace asio = boost::asio;
namespace {
struct FreeContext {
  void operator()(redisAsyncContext* context) const { redisAsyncFree(context); }
};
using Context = std::unique_ptr<redisAsyncContext, FreeContext>;

std::string_view text_of(const redisReply& reply) {
  const bool has_text = reply.type == REDIS_REPLY_STRING || reply.type == REDIS_REPLY_STATUS ||
                        reply.type == REDIS_REPLY_ERROR;
  return has_text ? std::string_view(reply.str, reply.len) : std::string_view();
}

Reply reply_of(const redisReply& reply) {
  Reply out{.is_error = reply.type == REDIS_REPLY_ERROR, .text = text_of(reply)};
  if (reply.type == REDIS_REPLY_INTEGER) out.number = reply.integer;
  out.is_nothing = reply.type == REDIS_REPLY_NIL;
  if (reply.type != REDIS_REPLY_ARRAY) return out;
  for (std::size_t i = 0; i < reply.elements; ++i) {
    const redisReply& each = *reply.element[i];
    out.list.push_back(text_of(each));
    out.numbers.push_back(each.type == REDIS_REPLY_INTEGER ? each.integer : 0);
  }
  return out;
}
}  // namespace

// hiredis frees its context by itself when the connection fails, and tells it by its hook
// `cleanup`; otherwise the owner does. Either way the socket is taken from Asio before it is
// closed.
struct Connection::Link : std::enable_shared_from_this<Link> {
  Link(asio::io_context& io, Events e) : events(std::move(e)), socket(io) {}

  Events events;
  asio::posix::basic_stream_descriptor<IoExecutor> socket;
  Context context;  // null once it is over
  bool is_quiet = false;
  bool wants_to_read = false;
  bool wants_to_write = false;
  bool is_read_awaited = false;
  bool is_write_awaited = false;

  void open(asio::io_context& io, const Host& host);
  void attach();
  void gone(std::string_view reason);
  void await_read();
  void await_write();

  static Link& of(void* link) { return *static_cast<Link*>(link); }
  static Link& of(const redisAsyncContext* context) { return of(context->data); }
  static void on_connected(const redisAsyncContext* context, int status);
  static void on_disconnected(const redisAsyncContext* context, int status);
  static void on_reply(redisAsyncContext* context, void* reply, void* command);
};

void Connection::Link::open(asio::io_context& io, const Host& host) {
  context.reset(redisAsyncConnect(host.name.c_str(), host.port));
  if (context && context->err == 0) return attach();
  const std::string reason = context ? context->errstr : "no memory";
  context.reset();
  asio::post(io, [self = shared_from_this(), reason] { self->gone(reason); });
}

void Connection::Link::attach() {
  context->data = this;
  context->ev.data = this;
  context->ev.addRead = [](void* link) {
    of(link).wants_to_read = true;
    of(link).await_read();
  };
  context->ev.delRead = [](void* link) { of(link).wants_to_read = false; };
  context->ev.addWrite = [](void* link) {
    of(link).wants_to_write = true;
    of(link).await_write();
  };
  context->ev.delWrite = [](void* link) { of(link).wants_to_write = false; };
  context->ev.cleanup = [](void* link) {
    if (of(link).socket.is_open()) of(link).socket.release();
    // Freed by whoever calls this.
    static_cast<void>(of(link).context.release());
  };
  socket.assign(context->c.fd);
  redisAsyncSetConnectCallback(context.get(), on_connected);
  redisAsyncSetDisconnectCallback(context.get(), on_disconnected);
}

void Connection::Link::gone(std::string_view reason) {
  if (std::exchange(is_quiet, true)) return;
  events.on_gone(reason);
}

// hiredis may free the context inside; then `cleanup` has run.
void Connection::Link::await_read() {
  if (!socket.is_open() || !wants_to_read || std::exchange(is_read_awaited, true)) return;
  socket.async_wait(asio::posix::descriptor_base::wait_read,
                    [self = shared_from_this()](const boost::system::error_code& error) {
                      self->is_read_awaited = false;
                      if (error || !self->context) return;
                      redisAsyncHandleRead(self->context.get());
                      self->await_read();
                    });
}

void Connection::Link::await_write() {
  if (!socket.is_open() || !wants_to_write || std::exchange(is_write_awaited, true)) return;
  socket.async_wait(asio::posix::descriptor_base::wait_write,
                    [self = shared_from_this()](const boost::system::error_code& error) {
                      self->is_write_awaited = false;
                      if (error || !self->context) return;
                      redisAsyncHandleWrite(self->context.get());
                      self->await_write();
                    });
}

void Connection::Link::on_connected(const redisAsyncContext* context, int status) {
  Link& link = of(context);
  if (status != REDIS_OK) return link.gone(context->c.errstr);
  if (!link.is_quiet) link.events.on_open();
}

void Connection::Link::on_disconnected(const redisAsyncContext* context, int) {
  of(context).gone(context->err != 0 ? context->errstr : "closed");
}

// Without a reply the connection is over, which on_disconnected() tells.
void Connection::Link::on_reply(redisAsyncContext* context, void* reply, void* command) {
  Link& link = of(context);
  if (reply == nullptr || link.is_quiet) return;
  const auto kind = static_cast<Command>(reinterpret_cast<std::uintptr_t>(command));
  link.events.on_reply(kind, reply_of(*static_cast<redisReply*>(reply)));
}

Connection::Connection(asio::io_context& io, const Host& host, Events events)
    : link_(std::make_shared<Link>(io, std::move(events))) {
  link_->open(io, host);
}

Connection::~Connection() {
  link_->is_quiet = true;
  link_->context.reset();
}

void Connection::send(Command command, std::span<const std::string_view> words) {
  if (!link_->context) return;
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  // It fails where the connection is being closed, which is told otherwise, or where nothing is
  // subscribed that could be given up.
  static_cast<void>(
      redisAsyncCommandArgv(link_->context.get(), Link::on_reply,
                            reinterpret_cast<void*>(static_cast<std::uintptr_t>(command)),
                            static_cast<int>(words.size()), texts.data(), sizes.data()));
}

std::size_t Connection::unsent_bytes() const {
  return link_->context ? sdslen(link_->context->c.obuf) : 0;
}

}  // namespace ruck::redis
