// Lies beside index.html because a service worker governs only the folder it is served from and what is below.
importScripts("www/offline/precache.js");
importScripts(self.PRECACHE.development ? "www/offline/development.js" : "www/offline/service-worker.js");
