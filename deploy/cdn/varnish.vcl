# Varnish 6 or 7 as a shared cache in front of RuckingApp. What may be cached, and for how long, is what the server
# says in Cache-Control; nothing here overrules it, and the built-in rules follow.
vcl 4.1;

backend default {
  .host = "127.0.0.1";
  .port = "8080";
  .first_byte_timeout = 60s;
}

sub vcl_recv {
  # Live updates are WebSockets.
  if (req.http.Upgrade ~ "(?i)websocket") {
    return (pipe);
  }
}

sub vcl_pipe {
  if (req.http.Upgrade) {
    set bereq.http.Upgrade = req.http.Upgrade;
    set bereq.http.Connection = req.http.Connection;
  }
}

sub vcl_deliver {
  if (obj.hits > 0) {
    set resp.http.X-Cache = "HIT";
  } else {
    set resp.http.X-Cache = "MISS";
  }
}
