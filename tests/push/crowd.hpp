#pragma once
// Many people with phones and browsers, and what happens among them that the others are told of.
#include "db/database.hpp"
#include "push/sender.hpp"
#include "services/auth/tokens.hpp"
#include "support/server.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace ruck::test {

struct Person {
  UserId user;
  std::string token;  // of access
  RuckId ruck;        // a finished one
};
struct Gadget {
  UserId user;
  std::string device;  // its id in the database
  std::string name;    // as the fake knows it: FCM's token, or the browser's id
  bool is_web = false;
};

// What was acknowledged and that somebody must have been told of.
struct Cause {
  RuckId ruck;
  UserId owner;
  UserId actor;
  std::string kind;
};

class Crowd {
 public:
  struct Size {
    std::size_t followers = 0;
    std::size_t starters = 0;   // followed by all followers
    std::size_t discussed = 0;  // rucks that are liked and commented
    std::size_t reactions = 0;  // of each of those
  };
  // One that gives about so many notifications.
  [[nodiscard]] static Size size_for(std::int64_t notifications);

  enum class Gadgets : std::uint8_t {
    kMixed,  // the first half have phones, the others browsers, every fourth has both
    kPhones,
    kBrowsers,
  };
  // Straight into the database, while no server has it open. `browsers`: a subscription for each
  // follower.
  Crowd(db::Database& database, const auth::Tokens& tokens, Size size,
        const std::vector<push::WebSubscription>& browsers, Gadgets gadgets = Gadgets::kMixed);

  // Everybody starts and says what they will, through servers that are killed meanwhile; back when
  // all of it was acknowledged.
  void act(const RuckServer& server);

  [[nodiscard]] const std::vector<Gadget>& gadgets() const { return gadgets_; }
  [[nodiscard]] const std::vector<Cause>& causes() const { return causes_; }
  [[nodiscard]] const Size& size() const { return size_; }

 private:
  void add_people(db::Database& database, const auth::Tokens& tokens, std::vector<Person>& to,
                  std::size_t count, std::string_view name);
  void add_gadgets(db::Database& database, const std::vector<push::WebSubscription>& browsers,
                   Gadgets gadgets);
  void add_follows(db::Database& database);
  void read_rucks(db::Database& database);
  void start(ApiClient& client, const Person& starter);
  void react(ApiClient& client, std::size_t number);
  void note(Cause cause);

  Size size_;
  std::vector<Person> followers_;
  std::vector<Person> starters_;
  std::map<UserId, Uuid> sign_ins_;
  std::vector<Gadget> gadgets_;
  std::mutex mutex_;
  std::vector<Cause> causes_;
};

}  // namespace ruck::test
