#pragma once
// Photos as apps send them, for API tests.
#include "support/form.hpp"
#include "support/pictures.hpp"
#include "support/server.hpp"
#include "support/until.hpp"

#include <string>
#include <vector>

namespace ruck::test {

// A form; sent again while the server says that it is still at work, as apps do.
inline Reply send_form(ApiClient& user, const std::string& target, const std::string& form) {
  Reply reply;
  const bool is_answered = until([&] {
    reply = user.send(http::Method::kPost, target, form, kFormType);
    return reply.status != 503;
  });
  EXPECT_TRUE(is_answered) << reply.body;
  return reply;
}

inline Reply send_photos(ApiClient& user, const std::string& ruck,
                         const std::vector<FormFile>& files, const FormFields& more = {}) {
  FormFields fields = more;
  fields.insert(fields.begin(), {"ruck_id", ruck});
  return send_form(user, "/api/ruck-photos", form_of(fields, "photos", files));
}

// The photo as it was answered.
inline json::Tree add_photo(ApiClient& user, const std::string& ruck, const Picture& picture) {
  const Reply reply = send_photos(user, ruck, {{.name = "IMG_1.jpg", .bytes = jpeg_of(picture)}});
  EXPECT_EQ(reply.status, 201) << reply.body;
  return reply.json["photos"][0];
}

}  // namespace ruck::test
