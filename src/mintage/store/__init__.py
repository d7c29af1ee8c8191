"""Where Mintage keeps what it knows between runs. Nothing in it is needed to render; all of it saves time."""
