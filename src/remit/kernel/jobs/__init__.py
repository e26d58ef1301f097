"""Long work, done by workers on behalf of the person who asked, with progress that can be watched and cancelled."""
