#pragma once
// A server on loopback that does with each connection what a test says: answers, half answers,
// silence. For our own clients (requests to others, mail).
#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace ruck::test {

class ScriptedServer {
 public:
  // The other end of one connection, in the script's hands.
  class Peer {
   public:
    // One whole HTTP request, its body as long as Content-Length says. Empty when the client has
    // closed, or the server ends.
    std::string read_request();
    // One line without its end. Empty at the end of the connection.
    std::string read_line();
    // False once the client has closed.
    bool send(std::string_view bytes) const;
    // Until the client has closed or the server ends.
    void hold();
    // Whether the server ends: for scripts with loops of their own.
    [[nodiscard]] bool is_over() const { return server_.is_over_; }
    // Which connection it is, from 1.
    [[nodiscard]] int number() const { return number_; }

   private:
    friend class ScriptedServer;
    Peer(ScriptedServer& server, int socket, int number)
        : server_(server), socket_(socket), number_(number) {}
    bool receive();

    ScriptedServer& server_;
    int socket_;
    int number_;
    std::string heard_;
  };
  // Called once a connection, on a thread of its own; the connection is closed when it returns.
  using Script = std::function<void(Peer&)>;

  explicit ScriptedServer(Script script);
  ~ScriptedServer();  // closes everything
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string url(std::string_view path = "/") const;
  [[nodiscard]] int connections() const { return connections_; }
  [[nodiscard]] int requests() const { return requests_; }  // read to their end

 private:
  void accept_loop();

  Script script_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<int> requests_{0};
  std::atomic<bool> is_over_{false};
  std::mutex mutex_;
  std::list<int> sockets_;          // open ones
  std::list<std::thread> threads_;  // one a connection
  std::thread accepting_;
};

// An answer with its length.
std::string http_answer(int status, std::string_view body = {}, std::string_view fields = {});

}  // namespace ruck::test
